#include <oriel/oriel-server.h>

static void wanted(void *user, struct oriel_auth *auth)
{
	(void)user;
	/* By oriel_auth_name(), if there are several. Better keep a verifier: oriel_make_verifier(). */
	if (oriel_auth_use_password(auth, "correct horse battery staple") < 0)
		oriel_auth_reject(auth, "try again later");
}

static void proved(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE | ORIEL_MAY_INPUT);
}

int serve_all(struct oriel_server **out)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events), .auth_wanted = wanted, .auth_proved = proved };
	char *certificate, *key;
	/* Keep the pair: viewers remember the key. */
	int err = oriel_server_make_pair(&certificate, &key, "my program");

	if (err)
		return err;
	struct oriel_server_config cfg = { .size = sizeof(cfg), .events = &events,
		.certificate = certificate, .private_key = key };
	err = oriel_server_create(out, &cfg);
	oriel_text_free(certificate);
	oriel_text_free(key);
	if (err)
		return err;
	return oriel_server_listen(*out, "tcp://0.0.0.0:5910", NULL, 0);
}
