/*
 * rfb_login.c - the beginning of a connection to a VNC server: versions,
 * security, login, and its screen.
 *
 * What is encrypted goes before what is not, and a certificate before none.
 * When somebody has said how the certificate is to be judged, nothing else
 * than that will do: a server in between that offers less gets nothing.
 */
#include <string.h>

#include <openssl/evp.h>

#include "capture/far/rfb.h"

enum {
	VERSION = 12, /* bytes */
	REASON_MAX = 120,
	NAME_MAX_BYTES = 1 << 20,
};

enum security { NONE = 1, VNC_AUTH = 2, VENCRYPT = 19 };

enum subtype {
	TLS_NONE = 257,
	TLS_VNC,
	TLS_PLAIN,
	X509_NONE,
	X509_VNC,
	X509_PLAIN,
};

static struct orl_helper *helper(struct orl_rfb *r)
{
	return &r->helper;
}

/* The server says why not. */
static void refused(struct orl_rfb *r, int status)
{
	uint32_t n = orl_rfb_u32(r);
	char reason[REASON_MAX + 1];

	n = n > REASON_MAX ? REASON_MAX : n;
	orl_rfb_read(r, reason, n);
	reason[n] = 0;
	orl_helper_end(helper(r), status, "the server refuses us: %s", reason);
}

/* ---- proofs ------------------------------------------------------------ */

static void need_password(struct orl_rfb *r)
{
	if (!r->helper.config.have_password)
		orl_helper_end(helper(r), ORL_EXIT_LOGIN,
				"the server asks for a password: say "
				"--source-password-file=FILE");
}

/*
 * DES with the password as its key, bits mirrored, as only VNC does it. The
 * library has it as three times DES; with one key that is once.
 */
static void answer_challenge(
		struct orl_rfb *r, const uint8_t in[static 16], uint8_t out[16])
{
	const char *password = r->helper.config.password;
	size_t n = strnlen(password, 8);
	uint8_t key[24] = { 0 };
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int got = 0;

	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++)
			if ((uint8_t)password[i] >> bit & 1)
				key[i] |= (uint8_t)(0x80 >> bit);
	memcpy(key + 8, key, 8);
	memcpy(key + 16, key, 8);
	if (!ctx ||
			EVP_EncryptInit_ex(ctx, EVP_des_ede3_ecb(), NULL, key,
					NULL) != 1 ||
			EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
			EVP_EncryptUpdate(ctx, out, &got, in, 16) != 1 ||
			got != 16)
		orl_helper_end(helper(r), ORL_EXIT_INTERNAL,
				"there is no DES here for a VNC password");
	EVP_CIPHER_CTX_free(ctx);
	explicit_bzero(key, sizeof(key));
}

static void prove_vnc(struct orl_rfb *r)
{
	uint8_t challenge[16], answer[16];

	need_password(r);
	orl_rfb_read(r, challenge, sizeof(challenge));
	answer_challenge(r, challenge, answer);
	orl_rfb_write(r, answer, sizeof(answer));
}

static void prove_plain(struct orl_rfb *r)
{
	const struct orl_far_config *c = &r->helper.config;
	size_t user = strlen(c->user), password = strlen(c->password);
	uint8_t out[8 + 2 * ORL_FAR_WORD];

	need_password(r);
	orl_rfb_put32(out, (uint32_t)user);
	orl_rfb_put32(out + 4, (uint32_t)password);
	memcpy(out + 8, c->user, user);
	memcpy(out + 8 + user, c->password, password);
	orl_rfb_write(r, out, 8 + user + password);
	explicit_bzero(out, sizeof(out));
}

/* ---- security types ---------------------------------------------------- */

static void say_clear(struct orl_rfb *r, const char *what)
{
	const struct orl_far_config *c = &r->helper.config;

	if (c->port && strcmp(c->host, "localhost") != 0 &&
			strncmp(c->host, "127.", 4) != 0 &&
			strcmp(c->host, "::1") != 0)
		orl_helper_say(helper(r), 0,
				"WARNING: the connection to %.100s is %s",
				c->host, what);
}

static bool offers(const uint32_t *types, size_t n, uint32_t type)
{
	for (size_t i = 0; i < n; i++)
		if (types[i] == type)
			return true;
	return false;
}

/* The best of VeNCrypt's for who has what we have; 0: none will do. */
static uint32_t choose(struct orl_rfb *r, const uint32_t *types, size_t n)
{
	const struct orl_far_config *c = &r->helper.config;
	static const uint32_t named[] = { X509_PLAIN, X509_VNC, X509_NONE,
		TLS_PLAIN, TLS_VNC, TLS_NONE };
	static const uint32_t nameless[] = { X509_VNC, X509_NONE, X509_PLAIN,
		TLS_VNC, TLS_NONE, TLS_PLAIN };
	const uint32_t *order = c->user[0] ? named : nameless;

	for (size_t i = 0; i < 6; i++)
		if (offers(types, n, order[i]) &&
				(order[i] >= X509_NONE || !c->must_encrypt))
			return order[i];
	return 0;
}

static void vencrypt(struct orl_rfb *r)
{
	uint8_t version[] = { 0, 2 }, out[4];
	uint32_t types[255], type;
	size_t n;

	orl_rfb_read(r, version, 2);
	if (version[0] == 0 && version[1] < 2)
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"the server has an old VeNCrypt");
	version[0] = 0;
	version[1] = 2;
	orl_rfb_write(r, version, 2);
	if (orl_rfb_u8(r))
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"the server has no VeNCrypt 0.2");
	n = orl_rfb_u8(r);
	for (size_t i = 0; i < n; i++)
		types[i] = orl_rfb_u32(r);
	type = choose(r, types, n);
	if (!type)
		orl_helper_end(helper(r), ORL_EXIT_TRUST,
				"the server has no certificate to be judged");
	orl_rfb_put32(out, type);
	orl_rfb_write(r, out, 4);
	if (orl_rfb_u8(r) != 1)
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"the server refuses what it offered");
	if (type < X509_NONE)
		say_clear(r, "encrypted, but with whom is not known");
	orl_rfb_encrypt(r, type < X509_NONE);
	if (type == X509_PLAIN || type == TLS_PLAIN)
		prove_plain(r);
	else if (type == X509_VNC || type == TLS_VNC)
		prove_vnc(r);
}

/* Version 3.3: the server chooses. */
static uint32_t told_security(struct orl_rfb *r)
{
	uint32_t type = orl_rfb_u32(r);

	if (!type)
		refused(r, ORL_EXIT_CONNECT);
	return type;
}

static uint32_t chosen_security(struct orl_rfb *r)
{
	bool must = r->helper.config.must_encrypt;
	uint32_t types[255], type;
	uint8_t n = orl_rfb_u8(r), out;

	if (!n)
		refused(r, ORL_EXIT_CONNECT);
	for (size_t i = 0; i < n; i++)
		types[i] = orl_rfb_u8(r);
	if (offers(types, n, VENCRYPT))
		type = VENCRYPT;
	else if (must)
		type = 0;
	else if (offers(types, n, NONE))
		type = NONE;
	else
		type = offers(types, n, VNC_AUTH) ? VNC_AUTH : 0;
	if (!type && must)
		orl_helper_end(helper(r), ORL_EXIT_TRUST,
				"the server does not encrypt, and "
				"--source-trust= says that it must");
	if (!type)
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"the server offers no security that is known "
				"here (it begins with %u)",
				(unsigned)types[0]);
	out = (uint8_t)type;
	orl_rfb_write(r, &out, 1);
	return type;
}

static void secure(struct orl_rfb *r)
{
	uint32_t type = r->minor == 3 ? told_security(r) : chosen_security(r);
	uint32_t result;

	if (type != VENCRYPT) {
		if (r->helper.config.must_encrypt)
			orl_helper_end(helper(r), ORL_EXIT_TRUST,
					"the server does not encrypt, and "
					"--source-trust= says that it must");
		say_clear(r, "not encrypted");
	}
	if (type == VENCRYPT)
		vencrypt(r);
	else if (type == VNC_AUTH)
		prove_vnc(r);
	else if (type != NONE)
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"the server wants security %u, which is not "
				"known here",
				(unsigned)type);
	/* Who asks for nothing says nothing, but for the last version. */
	if (type == NONE && r->minor < 8)
		return;
	result = orl_rfb_u32(r);
	if (!result)
		return;
	if (r->minor == 8)
		refused(r, ORL_EXIT_LOGIN);
	orl_helper_end(helper(r), ORL_EXIT_LOGIN,
			result == 2 ? "the server has had too many logins; "
				      "try again later"
				    : "the server refuses the password");
}

/* ---- the beginning ----------------------------------------------------- */

static void agree(struct orl_rfb *r)
{
	char version[VERSION + 1] = "";
	unsigned major, minor;

	orl_rfb_read(r, version, VERSION);
	if (sscanf(version, "RFB %3u.%3u\n", &major, &minor) != 2 || major < 3)
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"what answers there is no VNC server");
	/* 3.5 was never one; later ones know 3.8. */
	r->minor = major > 3 || minor >= 8 ? 8 : minor == 7 ? 7 : 3;
	snprintf(version, sizeof(version), "RFB 003.%03d\n", r->minor);
	orl_rfb_write(r, version, VERSION);
}

void orl_rfb_login(struct orl_rfb *r)
{
	static const uint8_t shared = 1;
	int32_t width, height;
	uint32_t n;

	agree(r);
	secure(r);
	orl_rfb_write(r, &shared, 1);
	width = orl_rfb_u16(r);
	height = orl_rfb_u16(r);
	orl_rfb_skip(r, 16); /* its pixels; ours are asked for */
	n = orl_rfb_u32(r);
	if (n > NAME_MAX_BYTES)
		orl_helper_end(helper(r), ORL_EXIT_CONNECT,
				"the server's name has %u bytes", (unsigned)n);
	orl_rfb_skip(r, n);
	orl_helper_screen(helper(r), width, height);
}
