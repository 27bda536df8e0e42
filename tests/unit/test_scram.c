/*
 * test_scram.c - SCRAM against the published vector, against itself, and
 * against everybody in between.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/io/host.h"
#include "proto/scram.h"

/* Random bytes that a test has laid out, then a counter. */
struct script {
	uint8_t bytes[256];
	size_t n, at;
	uint8_t counter;
};

static int scripted(void *user, void *buf, size_t bytes)
{
	struct script *s = user;
	uint8_t *p = buf;

	for (size_t i = 0; i < bytes; i++)
		p[i] = s->at < s->n ? s->bytes[s->at++]
				    : (uint8_t)(s->counter++ * 37 + 11);
	return 0;
}

/* Lay out bytes that come out as this nonce: the map of scram.c, undone. */
static void plan_nonce(struct script *s, const char *nonce)
{
	for (; *nonce; nonce++) {
		int want = *nonce - 0x21 - (*nonce > ',');
		int b = 0;
		while (b * 93 >> 8 != want)
			b++;
		s->bytes[s->n++] = (uint8_t)b;
	}
}

struct world {
	struct orl_env env;
	struct script script;
	struct orl_verifier verifier; /* of "pencil" */
	uint8_t exporter[32], transcript[32], secret[32];
	struct orl_binding bound, plain;
};

static void make(struct world *w)
{
	struct oriel_hooks hooks = { .size = sizeof(hooks),
		.random = scripted };

	memset(w, 0, sizeof(*w));
	hooks.user = &w->script;
	assert_int_equal(orl_host_env(&w->env, &hooks), 0);
	w->env.hooks.user = &w->script;
	memset(w->exporter, 0xe1, 32);
	memset(w->transcript, 0x7a, 32);
	memset(w->secret, 0x5e, 32);
	w->bound = (struct orl_binding){ w->exporter, w->transcript, false };
	w->plain = (struct orl_binding){ NULL, w->transcript, false };
	assert_int_equal(orl_verifier_make(&w->verifier, &w->env, "pencil",
					 ORL_SCRAM_ITERATIONS),
			0);
}

/* One login, both ends, every blob kept. */
struct login {
	struct orl_scram_client *c;
	struct orl_scram_server *s;
	uint8_t blob[4][ORL_BLOB_MAX];
	size_t n[4];
};

static void begin(struct login *l, struct world *w, const char *user,
		const char *password, const struct orl_binding *client,
		const struct orl_binding *server)
{
	memset(l, 0, sizeof(*l));
	assert_int_equal(orl_scram_client_create(&l->c, &w->env, user, password,
					 client),
			0);
	assert_int_equal(orl_scram_server_create(&l->s, &w->env, server), 0);
}

static void end(struct login *l)
{
	orl_scram_client_destroy(l->c);
	orl_scram_server_destroy(l->s);
}

static int keep(struct login *l, int i, int n)
{
	l->n[i] = n < 0 ? 0 : (size_t)n;
	return n < 0 ? n : 0;
}

static int first(struct login *l)
{
	int err = keep(l, 0,
			orl_scram_client_first(l->c, l->blob[0], ORL_BLOB_MAX));
	return err ? err : orl_scram_server_first(l->s, l->blob[0], l->n[0]);
}

static int challenge(
		struct login *l, struct world *w, const struct orl_verifier *v)
{
	int err = keep(l, 1,
			orl_scram_server_challenge(l->s, v, w->secret,
					l->blob[1], ORL_BLOB_MAX));
	return err ? err
		   : orl_scram_client_challenge(l->c, l->blob[1], l->n[1]);
}

static int proof(struct login *l)
{
	int err;
	while ((err = orl_scram_client_work(l->c, 4096)) == 1)
		;
	return err ? err
		   : keep(l, 2,
				     orl_scram_client_final(l->c, l->blob[2],
						     ORL_BLOB_MAX));
}

static int last(struct login *l)
{
	int err = keep(l, 3,
			orl_scram_server_final(l->s, l->blob[2], l->n[2],
					l->blob[3], ORL_BLOB_MAX));
	return err ? err : orl_scram_client_verify(l->c, l->blob[3], l->n[3]);
}

/* The whole; the error of the first step that fails. */
static int login(struct world *w, const struct orl_verifier *v,
		const char *user, const char *password,
		const struct orl_binding *client,
		const struct orl_binding *server)
{
	struct login l;

	begin(&l, w, user, password, client, server);
	int err = first(&l);
	if (!err)
		err = challenge(&l, w, v);
	if (!err)
		err = proof(&l);
	if (!err)
		err = last(&l);
	end(&l);
	return err;
}

static void assert_blob(const struct login *l, int i, const char *text)
{
	assert_int_equal(l->n[i], strlen(text));
	assert_memory_equal(l->blob[i], text, l->n[i]);
}

/* ---- what is published ------------------------------------------------- */

static void rfc_7677_example_comes_out(void **state)
{
	static const char nonces[] = "rOprNGfwEbeRWgbNEkqO"
				     "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
	struct world w;
	struct login l;
	struct orl_stretch s;
	struct orl_verifier v;
	struct orl_binding none = { NULL, NULL, false };
	uint8_t salt[16];
	(void)state;

	make(&w);
	assert_int_equal(orl_base64_get(salt, 16,
					 "W22ZaJ0SNY7soEsUEjb6gQ==", 24),
			16);
	assert_int_equal(orl_stretch_init(&s, &w.env, "pencil"), 0);
	assert_int_equal(orl_stretch_work(&s, 1), ORIEL_ESTATE);
	assert_int_equal(orl_stretch_salt(&s, salt, 16, 4096), 0);
	assert_int_equal(orl_stretch_work(&s, 95), 1);
	assert_int_equal(orl_stretch_finish(&v, &s), ORIEL_ESTATE);
	assert_int_equal(orl_stretch_work(&s, 4000), 0);
	assert_int_equal(orl_stretch_finish(&v, &s), 0);
	plan_nonce(&w.script, nonces);
	begin(&l, &w, "user", "pencil", &none, &none);
	orl_scram_client_allow(l.c, 4096);
	assert_int_equal(first(&l), 0);
	assert_string_equal(orl_scram_server_user(l.s), "user");
	assert_int_equal(challenge(&l, &w, &v), 0);
	assert_int_equal(proof(&l), 0);
	assert_int_equal(last(&l), 0);
	assert_blob(&l, 0, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
	assert_blob(&l, 1,
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)"
			"hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	assert_blob(&l, 2,
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAf"
			"uxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zj"
			"fMHgsqmmiz7AndVQ=");
	assert_blob(&l, 3, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
	end(&l);
}

/* The example of PROTOCOL.md; its numbers were checked with Python's hmac. */
static void documented_example_comes_out(void **state)
{
	struct world w;
	struct login l;
	(void)state;

	make(&w);
	memcpy(w.verifier.salt, "0123456789abcdef", 16);
	struct orl_stretch s;
	assert_int_equal(orl_stretch_init(&s, &w.env, "pencil"), 0);
	assert_int_equal(orl_stretch_salt(&s, w.verifier.salt, 16, 100000), 0);
	assert_int_equal(orl_stretch_work(&s, 100000), 0);
	assert_int_equal(orl_stretch_finish(&w.verifier, &s), 0);
	for (int i = 0; i < 32; i++)
		w.exporter[i] = (uint8_t)i;
	for (int i = 0; i < 32; i++)
		w.transcript[i] = (uint8_t)(0xa0 + i);
	plan_nonce(&w.script, "clientnonceclientnon"
			      "servernonceservernonceserverno");
	begin(&l, &w, "a,b=c", "pencil", &w.bound, &w.bound);
	assert_int_equal(first(&l), 0);
	assert_string_equal(orl_scram_server_user(l.s), "a,b=c");
	assert_int_equal(challenge(&l, &w, &w.verifier), 0);
	assert_int_equal(proof(&l), 0);
	assert_int_equal(last(&l), 0);
	assert_blob(&l, 0,
			"p=tls-exporter,,n=a=2Cb=3Dc,r=clientnonceclientnon,"
			"h=oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8=");
	assert_blob(&l, 1,
			"r=clientnonceclientnonservernonceservernonceserverno,"
			"s=MDEyMzQ1Njc4OWFiY2RlZg==,i=100000");
	assert_blob(&l, 2,
			"c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUW"
			"FxgZGhscHR4f,"
			"r=clientnonceclientnonservernonceservernonceserverno,"
			"p=zWbfrPEg+LcQJGFBH/r0Vtn0Sp+7fdGIIKKoIrUyXBk=");
	assert_blob(&l, 3, "v=EhLxjYEUQ89a+AV3mwfcu78mVVAlh+RLcjUY2n6VUh4=");
	end(&l);
}

/* ---- binding ----------------------------------------------------------- */

static void every_honest_pair_logs_in(void **state)
{
	struct world w;
	(void)state;

	make(&w);
	struct orl_binding n = w.plain, y = w.bound, unbound = w.bound;
	y.unbound = unbound.unbound = true;
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &w.bound,
					 &w.bound),
			0);
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &n, &n), 0);
	/* The server has no -PLUS, and the client says that it saw that. */
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &y, &n), 0);
	/* Both were offered to a client that has no exporter. */
	assert_int_equal(
			login(&w, &w.verifier, "oriel", "pencil", &n, &unbound),
			0);
}

static void another_channel_is_refused(void **state)
{
	struct world w;
	uint8_t other[32];
	(void)state;

	make(&w);
	for (int bit = 0; bit < 256; bit += 51) {
		memcpy(other, w.exporter, 32);
		other[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct orl_binding b = { other, w.transcript, false };
		assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &b,
						 &w.bound),
				ORIEL_EAUTH);
		b = (struct orl_binding){ w.exporter, other, false };
		assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &b,
						 &w.bound),
				ORIEL_EAUTH);
	}
}

static void downgrades_are_refused(void **state)
{
	struct world w;
	(void)state;

	make(&w);
	struct orl_binding y = w.bound;
	y.unbound = true;
	/* Somebody took -PLUS out of the offer; the client says y. */
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &y, &y),
			ORIEL_EAUTH);
	assert_int_equal(
			login(&w, &w.verifier, "oriel", "pencil", &y, &w.bound),
			ORIEL_EAUTH);
	/* The server demands a binding. */
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &w.plain,
					 &w.bound),
			ORIEL_EAUTH);
	/* A binding where there is nothing to bind to, or the other method. */
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &w.bound,
					 &w.plain),
			ORIEL_EAUTH);
	assert_int_equal(
			login(&w, &w.verifier, "oriel", "pencil", &w.bound, &y),
			ORIEL_EAUTH);
}

static void transcript_is_all_or_nothing(void **state)
{
	struct world w;
	struct orl_binding without;
	(void)state;

	make(&w);
	without = w.bound;
	without.transcript = NULL;
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &without,
					 &w.bound),
			ORIEL_EPROTO);
	assert_int_equal(login(&w, &w.verifier, "oriel", "pencil", &w.bound,
					 &without),
			ORIEL_EPROTO);
}

/* ---- passwords and names ----------------------------------------------- */

static void wrong_passwords_are_refused(void **state)
{
	static const char *const wrong[] = { "pencils", "Pencil", "penci", " ",
		"pencil ", "p\xc3\xa9ncil" };
	struct world w;
	(void)state;

	make(&w);
	for (size_t i = 0; i < ORL_COUNT(wrong); i++)
		assert_int_equal(login(&w, &w.verifier, "oriel", wrong[i],
						 &w.bound, &w.bound),
				ORIEL_EAUTH);
}

static void long_passwords_work(void **state)
{
	struct world w;
	struct orl_verifier v;
	char text[ORL_PASSWORD_MAX + 2];
	(void)state;

	make(&w);
	memset(text, 'x', sizeof(text));
	text[ORL_PASSWORD_MAX + 1] = 0;
	assert_int_equal(orl_password_check(text), ORIEL_EINVAL);
	for (size_t n = ORL_PASSWORD_MAX; n > 63; n = n > 65 ? 65 : n - 1) {
		text[n] = 0;
		assert_int_equal(
				orl_verifier_make(&v, &w.env, text, 100000), 0);
		assert_int_equal(login(&w, &v, "oriel", text, &w.bound,
						 &w.bound),
				0);
	}
}

static void names_and_passwords_are_checked(void **state)
{
	struct world w;
	struct orl_scram_client *c = NULL;
	char name[ORL_NAME_MAX + 2];
	(void)state;

	make(&w);
	assert_int_equal(orl_password_check(""), ORIEL_EINVAL);
	assert_int_equal(orl_password_check("a\tb"), ORIEL_EINVAL);
	assert_int_equal(orl_password_check("a\x7f"), ORIEL_EINVAL);
	assert_int_equal(orl_password_check("a\xc2\x85"), ORIEL_EINVAL);
	assert_int_equal(orl_password_check("a\xff"), ORIEL_EINVAL);
	assert_int_equal(orl_password_check("\xc2\xa0 ok \xe2\x82\xac"), 0);
	memset(name, ',', sizeof(name));
	name[ORL_NAME_MAX + 1] = 0;
	assert_int_equal(orl_name_check(name), ORIEL_EINVAL);
	assert_int_equal(orl_name_check(""), ORIEL_EINVAL);
	assert_int_equal(orl_scram_client_create(&c, &w.env, "", "x", &w.bound),
			ORIEL_EINVAL);
	assert_int_equal(orl_scram_client_create(
					 &c, &w.env, "x", "\n", &w.bound),
			ORIEL_EINVAL);
	assert_null(c);
	/* The longest name, every character of it escaped, fits a blob. */
	name[ORL_NAME_MAX] = 0;
	assert_int_equal(login(&w, &w.verifier, name, "pencil", &w.bound,
					 &w.bound),
			0);
	assert_int_equal(login(&w, &w.verifier, "\xc3\xa4=,", "pencil",
					 &w.bound, &w.bound),
			0);
}

static void unknown_users_look_like_others(void **state)
{
	struct world w;
	struct login a, b, c;
	uint8_t salt[ORL_SCRAM_SALT];
	char text[ORL_BASE64_SIZE(ORL_SCRAM_SALT) + 1] = "";
	(void)state;

	make(&w);
	begin(&a, &w, "nobody", "x", &w.bound, &w.bound);
	begin(&b, &w, "nobody", "y", &w.bound, &w.bound);
	begin(&c, &w, "anybody", "x", &w.bound, &w.bound);
	assert_int_equal(first(&a) | first(&b) | first(&c), 0);
	assert_int_equal(challenge(&a, &w, NULL), 0);
	assert_int_equal(challenge(&b, &w, NULL), 0);
	assert_int_equal(challenge(&c, &w, NULL), 0);
	/* Same length, same salt and iterations behind different nonces. */
	assert_int_equal(a.n[1], b.n[1]);
	assert_memory_not_equal(a.blob[1], b.blob[1], a.n[1]);
	assert_memory_equal(a.blob[1] + 52, b.blob[1] + 52, a.n[1] - 52);
	assert_memory_not_equal(a.blob[1] + 52, c.blob[1] + 52, a.n[1] - 52);
	assert_int_equal(
			orl_verifier_salt(salt, &w.env, w.secret, "nobody"), 0);
	orl_base64_put(text, salt, sizeof(salt));
	assert_memory_equal(a.blob[1] + 52, ",s=", 3);
	assert_memory_equal(a.blob[1] + 55, text, strlen(text));
	assert_int_equal(proof(&a) | proof(&b), 0);
	assert_int_equal(last(&a), ORIEL_EAUTH);
	assert_int_equal(last(&b), ORIEL_EAUTH);
	/* A known one differs in nothing that is not its own. */
	end(&b);
	begin(&b, &w, "oriel0", "x", &w.bound, &w.bound);
	assert_int_equal(first(&b), 0);
	assert_int_equal(challenge(&b, &w, &w.verifier), 0);
	assert_int_equal(b.n[1], a.n[1]);
	assert_memory_equal(b.blob[1] + b.n[1] - 9, a.blob[1] + a.n[1] - 9, 9);
	end(&a);
	end(&b);
	end(&c);
}

/* ---- bounds ------------------------------------------------------------ */

static int challenged(struct world *w, const char *tail)
{
	struct login l;
	char text[ORL_BLOB_MAX + 64];

	begin(&l, w, "oriel", "pencil", &w->bound, &w->bound);
	assert_int_equal(first(&l), 0);
	/* The client's nonce stands behind "p=tls-exporter,,n=oriel,r=". */
	int n = snprintf(text, sizeof(text), "r=%.20s%s",
			(char *)l.blob[0] + 26, tail);
	int err = orl_scram_client_challenge(l.c, (uint8_t *)text, (size_t)n);
	/* After an error nothing works any more. */
	if (err)
		assert_int_equal(orl_scram_client_work(l.c, 1), ORIEL_ESTATE);
	end(&l);
	return err;
}

static void clients_mind_their_bounds(void **state)
{
#define S16 "MDEyMzQ1Njc4OWFiY2RlZg=="
#define S15 "MDEyMzQ1Njc4OWFiY2Rl"
#define N30 "123456789012345678901234567890"
	static const struct {
		const char *tail;
		int want;
	} cases[] = {
		{ N30 ",s=" S16 ",i=100000", 0 },
		{ N30 ",s=" S16 ",i=5000000", 0 },
		{ N30 ",s=" S16 ",i=99999", ORIEL_EAUTH },
		{ N30 ",s=" S16 ",i=5000001", ORIEL_EAUTH },
		{ N30 ",s=" S16 ",i=999999999", ORIEL_EAUTH },
		{ N30 ",s=" S16 ",i=1", ORIEL_EAUTH },
		{ N30 ",s=" S16 ",i=4294967296", ORIEL_EPROTO },
		{ N30 ",s=" S16 ",i=0100000", ORIEL_EPROTO },
		{ N30 ",s=" S16 ",i=-100000", ORIEL_EPROTO },
		{ N30 ",s=" S16 ",i=100000 ", ORIEL_EPROTO },
		{ N30 ",s=" S16 ",i=", ORIEL_EPROTO },
		{ N30 ",s=" S16 ",i=100000,", ORIEL_EPROTO },
		{ N30 ",s=" S16 ",i=100000,x=y", ORIEL_EPROTO },
		{ N30 ",s=" S15 ",i=100000", ORIEL_EAUTH },
		{ N30 ",s=" S15 S15 S15 S15 "MDEy,i=100000", 0 },
		{ N30 ",s=" S15 S15 S15 S15 S16 ",i=100000", ORIEL_EAUTH },
		{ N30 ",s=MDEyMzQ1Njc4OWFiY2RlZh==,i=100000", ORIEL_EPROTO },
		{ N30 ",s=MDEyMzQ1Njc4OWFiY2RlZg=,i=100000", ORIEL_EPROTO },
		{ N30 ",s=MDEyMzQ1Nj*4OWFiY2RlZg==,i=100000", ORIEL_EPROTO },
		{ N30 ",s=,i=100000", ORIEL_EPROTO },
		{ N30 ",i=100000,s=" S16, ORIEL_EPROTO },
		{ N30 ",m=x,s=" S16 ",i=100000", ORIEL_EPROTO },
		{ ",s=" S16 ",i=100000", ORIEL_EPROTO },
		{ "12345678901234567,s=" S16 ",i=100000", ORIEL_EPROTO },
		{ N30 "\x7f,s=" S16 ",i=100000", ORIEL_EPROTO },
		{ N30 N30 N30 N30 ",s=" S16 ",i=100000", ORIEL_EPROTO },
	};
	struct world w;
	(void)state;

	make(&w);
	for (size_t i = 0; i < ORL_COUNT(cases); i++) {
		int got = challenged(&w, cases[i].tail);
		if (got != cases[i].want)
			fail_msg("%s: %d", cases[i].tail, got);
	}
}

static void servers_mind_the_grammar(void **state)
{
	static const char *const bad[] = { "", "p", "p=", "p=tls-exporter",
		"p=tls-exporter,", "p=tls-exporter,,", "x,,n=a,r=" N30,
		"n,a=b,n=a,r=" N30, "n,,n=,r=" N30, "n,,n=a", "n,,n=a,",
		"n,,n=a,r=", "n,,n=a,r=12345678901234567", "n,,r=" N30 ",n=a",
		"n,,m=x,n=a,r=" N30, "n,,n=a=,r=" N30, "n,,n=a=2,r=" N30,
		"n,,n=a=2c,r=" N30, "n,,n=a=41,r=" N30, "n,,n=a\n,r=" N30,
		"n,,n=\xff,r=" N30, "n,,n=a,r=" N30 " ", "n,,n=a,r=" N30 ",",
		"n,,n=a,r=" N30 ",x=y", " n,,n=a,r=" N30,
		"n=tls-exporter,,n=a,r=" N30 };
	struct orl_binding none = { NULL, NULL, false };
	struct orl_scram_server *s;
	uint8_t out[ORL_BLOB_MAX];
	struct world w;
	(void)state;

	make(&w);
	for (size_t i = 0; i < ORL_COUNT(bad); i++) {
		assert_int_equal(orl_scram_server_create(&s, &w.env, &none), 0);
		int got = orl_scram_server_first(
				s, (const uint8_t *)bad[i], strlen(bad[i]));
		if (got != ORIEL_EPROTO)
			fail_msg("%s: %d", bad[i], got);
		assert_int_equal(orl_scram_server_challenge(s, NULL, w.secret,
						 out, sizeof(out)),
				ORIEL_ESTATE);
		orl_scram_server_destroy(s);
	}
	static const char unique[] = "p=tls-unique,,n=a,r=" N30;
	none.exporter = w.exporter;
	assert_int_equal(orl_scram_server_create(&s, &w.env, &none), 0);
	assert_int_equal(orl_scram_server_first(s, (const uint8_t *)unique,
					 strlen(unique)),
			ORIEL_EAUTH);
	orl_scram_server_destroy(s);
	/* A name of 257 bytes. */
	char text[400] = "n,,n=";
	memset(text + 5, 'a', 257);
	memcpy(text + 262, ",r=" N30, 34);
	none.exporter = NULL;
	assert_int_equal(orl_scram_server_create(&s, &w.env, &none), 0);
	assert_int_equal(orl_scram_server_first(s, (const uint8_t *)text,
					 strlen(text)),
			ORIEL_EPROTO);
	orl_scram_server_destroy(s);
}

static void calls_out_of_turn_are_refused(void **state)
{
	struct world w;
	struct login l;
	uint8_t out[ORL_BLOB_MAX];
	(void)state;

	make(&w);
	begin(&l, &w, "oriel", "pencil", &w.bound, &w.bound);
	assert_int_equal(orl_scram_client_challenge(l.c, out, 1), ORIEL_ESTATE);
	assert_int_equal(orl_scram_client_final(l.c, out, 1), ORIEL_ESTATE);
	assert_int_equal(orl_scram_client_verify(l.c, out, 1), ORIEL_ESTATE);
	assert_int_equal(orl_scram_server_final(l.s, out, 1, out, 1),
			ORIEL_ESTATE);
	assert_int_equal(first(&l), 0);
	assert_int_equal(orl_scram_client_first(l.c, out, sizeof(out)),
			ORIEL_ESTATE);
	assert_int_equal(orl_scram_server_first(l.s, out, 1), ORIEL_ESTATE);
	assert_int_equal(challenge(&l, &w, &w.verifier), 0);
	assert_int_equal(orl_scram_client_work(l.c, 99998), 1);
	assert_int_equal(orl_scram_client_final(l.c, out, sizeof(out)),
			ORIEL_ESTATE);
	assert_int_equal(proof(&l), 0);
	assert_int_equal(last(&l), 0);
	assert_int_equal(orl_scram_client_verify(l.c, l.blob[3], l.n[3]),
			ORIEL_ESTATE);
	assert_int_equal(orl_scram_server_final(l.s, l.blob[2], l.n[2], out,
					 sizeof(out)),
			ORIEL_ESTATE);
	end(&l);
	orl_scram_client_destroy(NULL);
	orl_scram_server_destroy(NULL);
	/* No room for a blob is an error, not half a blob. */
	begin(&l, &w, "oriel", "pencil", &w.bound, &w.bound);
	assert_int_equal(orl_scram_client_first(l.c, out, 20), ORIEL_ELIMIT);
	end(&l);
}

/* ---- somebody in between ----------------------------------------------- */

/* Thousands of logins: the derivation is cut to its first round. */
static int no_rounds(const void *key, size_t key_n, uint8_t u[static 32],
		uint8_t out[static 32], uint32_t rounds)
{
	(void)key;
	(void)key_n;
	(void)u;
	(void)out;
	(void)rounds;
	return 0;
}

/* A login with one blob cut to n or with one bit turned; 0 if both agree. */
static int tampered(struct world *w, int which, size_t n, size_t bit,
		const uint8_t *instead, size_t instead_n)
{
	struct login l;
	int err = 0;

	begin(&l, w, "a,oriel", "pencil", &w->bound, &w->bound);
	for (int i = 0; i < 4 && !err; i++) {
		int got = i == 0 ? orl_scram_client_first(
						   l.c, l.blob[0], ORL_BLOB_MAX)
			  : i == 1 ? orl_scram_server_challenge(l.s,
						     &w->verifier, w->secret,
						     l.blob[1], ORL_BLOB_MAX)
			  : i == 2 ? (orl_scram_client_work(l.c, UINT32_MAX),
						     orl_scram_client_final(l.c,
								     l.blob[2],
								     ORL_BLOB_MAX))
				   : orl_scram_server_final(l.s, l.blob[2],
						     l.n[2], l.blob[3],
						     ORL_BLOB_MAX);
		err = keep(&l, i, got);
		if (err)
			break;
		if (i == which && instead) {
			memcpy(l.blob[i], instead, instead_n);
			l.n[i] = instead_n;
		} else if (i == which) {
			if (n < l.n[i])
				l.n[i] = n;
			else if (bit / 8 < l.n[i])
				l.blob[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			else
				err = 1; /* past the end: all were tried */
		}
		if (i == 0 && !err)
			err = orl_scram_server_first(l.s, l.blob[0], l.n[0]);
		else if (i == 1 && !err)
			err = orl_scram_client_challenge(
					l.c, l.blob[1], l.n[1]);
		else if (i == 3 && !err)
			err = orl_scram_client_verify(l.c, l.blob[3], l.n[3]);
	}
	end(&l);
	return err;
}

static void every_cut_and_flip_is_refused(void **state)
{
	struct world w;
	struct orl_crypto fast;
	struct orl_stretch s;
	(void)state;

	make(&w);
	fast = *w.env.crypto;
	fast.pbkdf2_rounds = no_rounds;
	w.env.crypto = &fast;
	assert_int_equal(orl_stretch_init(&s, &w.env, "pencil"), 0);
	assert_int_equal(orl_stretch_salt(&s, w.verifier.salt, 16, 100000), 0);
	assert_int_equal(orl_stretch_work(&s, 99999), 0);
	assert_int_equal(orl_stretch_finish(&w.verifier, &s), 0);
	assert_int_equal(tampered(&w, 4, SIZE_MAX, 0, NULL, 0), 0);
	for (int which = 0; which < 4; which++) {
		int err = 0;
		size_t n = 0, bit = 0;
		while (err != 1) {
			err = tampered(&w, which, n, SIZE_MAX, NULL, 0);
			if (err != 1 && err != ORIEL_EPROTO &&
					err != ORIEL_EAUTH)
				fail_msg("blob %d cut to %zu: %d", which, n,
						err);
			n++;
		}
		for (err = 0; err != 1; bit++) {
			err = tampered(&w, which, SIZE_MAX - 1, bit, NULL, 0);
			if (err != 1 && err != ORIEL_EPROTO &&
					err != ORIEL_EAUTH)
				fail_msg("blob %d bit %zu: %d", which, bit,
						err);
		}
		assert_true(n > 40 && bit > 40 * 8);
	}
	assert_int_equal(tampered(&w, 3, 0, 0, (const uint8_t *)"e=other-error",
					 13),
			ORIEL_EAUTH);
	assert_int_equal(tampered(&w, 3, 0, 0, (const uint8_t *)"v=AAAA", 6),
			ORIEL_EPROTO);
}

static void a_recorded_login_does_not_work_again(void **state)
{
	struct world w;
	struct login l, again;
	uint8_t out[ORL_BLOB_MAX];
	(void)state;

	make(&w);
	begin(&l, &w, "oriel", "pencil", &w.bound, &w.bound);
	assert_int_equal(first(&l), 0);
	assert_int_equal(challenge(&l, &w, &w.verifier), 0);
	assert_int_equal(proof(&l), 0);
	assert_int_equal(last(&l), 0);
	/* To the server: same first blob, then the recorded proof. */
	begin(&again, &w, "oriel", "x", &w.bound, &w.bound);
	assert_int_equal(orl_scram_server_first(again.s, l.blob[0], l.n[0]), 0);
	assert_true(orl_scram_server_challenge(again.s, &w.verifier, w.secret,
				    out, sizeof(out)) > 0);
	assert_int_equal(orl_scram_server_final(again.s, l.blob[2], l.n[2], out,
					 sizeof(out)),
			ORIEL_EAUTH);
	/* To the client: the recorded challenge. */
	assert_true(orl_scram_client_first(again.c, out, sizeof(out)) > 0);
	assert_int_equal(orl_scram_client_challenge(again.c, l.blob[1], l.n[1]),
			ORIEL_EPROTO);
	end(&again);
	end(&l);
}

static void a_server_without_the_verifier_is_found_out(void **state)
{
	struct world w;
	struct login l;
	struct orl_verifier stolen;
	(void)state;

	make(&w);
	/* Knows StoredKey (and so can check proofs), not ServerKey. */
	stolen = w.verifier;
	stolen.server_key[31] ^= 1;
	assert_int_equal(login(&w, &stolen, "oriel", "pencil", &w.bound,
					 &w.bound),
			ORIEL_EAUTH);
	begin(&l, &w, "oriel", "pencil", &w.bound, &w.bound);
	assert_int_equal(first(&l), 0);
	assert_int_equal(challenge(&l, &w, &w.verifier), 0);
	assert_int_equal(proof(&l), 0);
	/* Its own words come back: not a signature. */
	assert_int_equal(orl_scram_client_verify(l.c, l.blob[2], l.n[2]),
			ORIEL_EPROTO);
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_7677_example_comes_out),
		cmocka_unit_test(documented_example_comes_out),
		cmocka_unit_test(every_honest_pair_logs_in),
		cmocka_unit_test(another_channel_is_refused),
		cmocka_unit_test(downgrades_are_refused),
		cmocka_unit_test(transcript_is_all_or_nothing),
		cmocka_unit_test(wrong_passwords_are_refused),
		cmocka_unit_test(long_passwords_work),
		cmocka_unit_test(names_and_passwords_are_checked),
		cmocka_unit_test(unknown_users_look_like_others),
		cmocka_unit_test(clients_mind_their_bounds),
		cmocka_unit_test(servers_mind_the_grammar),
		cmocka_unit_test(calls_out_of_turn_are_refused),
		cmocka_unit_test(every_cut_and_flip_is_refused),
		cmocka_unit_test(a_recorded_login_does_not_work_again),
		cmocka_unit_test(a_server_without_the_verifier_is_found_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
