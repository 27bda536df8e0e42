/*
 * cups_login.c - see cups_login.h. libcups asks for a password in the middle
 * of a request, in the thread that made it, and connects anew to send it.
 * Before one goes over a line that others can read, that line is to become
 * encrypted; a printer that cannot do that is left to the person.
 */
#include <stdio.h>
#include <string.h>

#include "client/viewer/cups_login.h"

enum {
	CONNECT_MS = 15000,
	TLS_S = 10, /* until a printer has said whether it can */
	SILENCE_S = 60,
};

bool orl_cups_is_uri(const char *name)
{
	return strncmp(name, "ipp://", 6) == 0 ||
	       strncmp(name, "ipps://", 7) == 0;
}

/* ---- which line it is -------------------------------------------------- */

/* Encrypted, and again so when libcups connects anew. */
static bool is_encrypted(http_t *http)
{
	http_encryption_t how = httpGetEncryption(http);

	return httpIsEncrypted(http) &&
	       (how == HTTP_ENCRYPTION_ALWAYS ||
			       how == HTTP_ENCRYPTION_REQUIRED);
}

/* As the person's client.conf and the certificates known so far have it. */
static bool is_vouched_for(http_t *http)
{
	cups_array_t *certificates = NULL;
	http_trust_t trust = HTTP_TRUST_UNKNOWN;
	char host[256];

	httpGetHostname(http, host, sizeof(host));
	if (httpCopyCredentials(http, &certificates) == 0)
		trust = httpCredentialsGetTrust(certificates, host);
	httpFreeCredentials(certificates);
	return trust == HTTP_TRUST_OK || trust == HTTP_TRUST_RENEWED;
}

static enum orl_line line_of(http_t *http)
{
	http_addr_t *address = httpGetAddress(http);

	if (address && httpAddrLocalhost(address))
		return ORL_LINE_SAFE;
	if (!is_encrypted(http))
		return ORL_LINE_PLAIN;
	return is_vouched_for(http) ? ORL_LINE_SAFE : ORL_LINE_UNKNOWN;
}

/* ---- what libcups calls ------------------------------------------------ */

/* What a host is called goes to the screen: no other characters than names. */
static void plain_host(char *out, size_t size, http_t *http)
{
	httpGetHostname(http, out, (int)size);
	if (out[0] == '/')
		snprintf(out, size, "localhost");
	for (char *p = out; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
}

/* The printer may have said whose it wants; else one's own. */
static void propose_user(struct orl_login_talk *talk)
{
	if (!talk->login.user[0])
		snprintf(talk->login.user, sizeof(talk->login.user), "%.*s",
				ORL_LOGIN_USER_MAX, cupsUser());
}

/*
 * Tickets of Kerberos, and passwords that a CUPS here knows, need no question.
 * Without this function libcups would ask on the terminal, and wait.
 */
static const char *give_password(const char *prompt, http_t *http,
		const char *method, const char *resource, void *user)
{
	struct orl_cups_way *way = user;
	char host[256];

	(void)prompt;
	(void)method;
	(void)resource;
	if (way)
		way->wanted = true;
	if (!way || !way->talk.logins)
		return NULL;
	struct orl_login_talk *talk = &way->talk;
	enum orl_line line = line_of(http);
	if (line == ORL_LINE_PLAIN && way->tls == ORL_TLS_AS_IT_COMES &&
			orl_logins_able(talk->logins)) {
		way->tls = ORL_TLS_ASKED;
		way->again = true;
		return NULL;
	}
	propose_user(talk);
	plain_host(host, sizeof(host), http);
	if (!orl_logins_next(talk, host, line))
		return NULL;
	cupsSetUser(talk->login.user);
	return talk->login.password;
}

void orl_cups_no_password(void)
{
	cupsSetPasswordCB2(give_password, NULL);
}

/* ---- the way there ----------------------------------------------------- */

/* ipp://ada@desk/ipp/print: the name is for us, the rest for libcups. */
static void read_user(struct orl_cups_way *way, const char *uri)
{
	char scheme[32], user[256] = "", host[256], path[1024];
	const char *begin = strstr(uri, "://") + 3;
	const char *at = strchr(begin, '@');
	int port;

	if (!at || at > begin + strcspn(begin, "/"))
		return;
	snprintf(way->name, sizeof(way->name), "%.*s%s", (int)(begin - uri),
			uri, at + 1);
	if (httpSeparateURI(HTTP_URI_CODING_ALL, uri, scheme, sizeof(scheme),
			    user, sizeof(user), host, sizeof(host), &port, path,
			    sizeof(path)) < HTTP_URI_STATUS_OK ||
			!user[0] || strlen(user) > ORL_LOGIN_USER_MAX)
		return;
	snprintf(way->talk.login.user, sizeof(way->talk.login.user), "%.*s",
			ORL_LOGIN_USER_MAX, user);
	cupsSetUser(user);
}

void orl_cups_way_init(struct orl_cups_way *way, const char *dest)
{
	snprintf(way->name, sizeof(way->name), "%s", dest);
	way->talk.dest = dest;
	if (orl_cups_is_uri(dest))
		read_user(way, dest);
	snprintf(way->resource, sizeof(way->resource), "/");
	cupsSetPasswordCB2(give_password, way);
}

void orl_cups_way_fini(struct orl_cups_way *way)
{
	httpClose(way->http);
	way->http = NULL;
	orl_cups_no_password();
	explicit_bzero(&way->talk.login, sizeof(way->talk.login));
}

static bool connect_plainly(struct orl_cups_way *way)
{
	httpClose(way->http);
	way->http = cupsConnectDest(way->dest,
			orl_cups_is_uri(way->name) ? CUPS_DEST_FLAGS_DEVICE
						   : CUPS_DEST_FLAGS_NONE,
			CONNECT_MS, (int *)way->talk.cancel, way->resource,
			sizeof(way->resource), NULL, NULL);
	return way->http != NULL;
}

static int on_silence(http_t *http, void *user)
{
	const struct orl_cups_way *way = user;

	(void)http;
	return !*way->talk.cancel;
}

static int no_patience(http_t *http, void *user)
{
	(void)http;
	(void)user;
	return 0;
}

static bool encrypt(http_t *http)
{
	httpSetTimeout(http, TLS_S, no_patience, NULL);
	return httpEncryption(http, HTTP_ENCRYPTION_REQUIRED) == 0 &&
	       httpIsEncrypted(http);
}

bool orl_cups_way_connect(struct orl_cups_way *way)
{
	if (!connect_plainly(way))
		return false;
	if (way->tls == ORL_TLS_ASKED && !encrypt(way->http)) {
		way->tls = ORL_TLS_NOT_HAD;
		if (!connect_plainly(way))
			return false;
	}
	httpSetTimeout(way->http, SILENCE_S, on_silence, way);
	return true;
}

bool orl_cups_way_again(struct orl_cups_way *way)
{
	bool again = way->again && !*way->talk.cancel;

	way->again = false;
	return again && orl_cups_way_connect(way);
}

/* ---- printers behind CUPS ---------------------------------------------- */

/* As one of several values of an option: with backslashes. */
static void add_value(char *out, size_t size, const char *text, size_t length)
{
	size_t n = strlen(out);

	if (n)
		out[n++] = ',';
	for (size_t i = 0; i < length && n + 3 < size; i++) {
		if (strchr(",\\'\"", text[i]))
			out[n++] = '\\';
		out[n++] = text[i];
	}
	out[n] = '\0';
}

/* False: it wants something else, which CUPS must have from elsewhere. */
static bool write_login(char *out, size_t size, const struct orl_login *login,
		const char *wanted)
{
	/* As in DOMAIN\ada. */
	const char *slash = strchr(login->user, '\\');
	const char *user = slash ? slash + 1 : login->user;

	out[0] = '\0';
	while (*wanted) {
		size_t n = strcspn(wanted, ",");

		if (n == 8 && strncmp(wanted, "username", n) == 0)
			add_value(out, size, user, strlen(user));
		else if (n == 8 && strncmp(wanted, "password", n) == 0)
			add_value(out, size, login->password,
					strlen(login->password));
		else if (n == 6 && strncmp(wanted, "domain", n) == 0)
			add_value(out, size, login->user,
					slash ? (size_t)(slash - login->user)
					      : 0);
		else
			return false;
		wanted += n;
		wanted += *wanted == ',';
	}
	return true;
}

bool orl_cups_way_login(
		struct orl_cups_way *way, int *n, cups_option_t **options)
{
	const char *wanted = cupsGetOption("auth-info-required",
			way->dest->num_options, way->dest->options);
	struct orl_login_talk *talk = &way->talk;
	char text[2 * sizeof(struct orl_login) + 8], host[256];

	/* It was not said beforehand: the printer has told CUPS since. */
	if (way->held && (!wanted || !strstr(wanted, "password")))
		wanted = "username,password";
	if (!wanted || orl_cups_is_uri(way->name) ||
			!strstr(wanted, "password") ||
			!write_login(text, sizeof(text), &talk->login, wanted))
		return true;
	/* libcups sends none of this to another computer without TLS. */
	if (line_of(way->http) == ORL_LINE_PLAIN) {
		way->tls = ORL_TLS_ASKED;
		if (!orl_cups_way_connect(way))
			return false;
	}
	if (line_of(way->http) == ORL_LINE_PLAIN) {
		talk->why = "the line to CUPS is not encrypted: no password "
			    "was sent";
		return false;
	}
	propose_user(talk);
	plain_host(host, sizeof(host), way->http);
	if (!orl_logins_next(talk, host, line_of(way->http)))
		return false;
	write_login(text, sizeof(text), &talk->login, wanted);
	*n = cupsAddOption("auth-info", text, *n, options);
	explicit_bzero(text, sizeof(text));
	way->along = true;
	return true;
}
