/*
 * hosts.h - the servers that were trusted before: known_hosts, in memory and
 * on disk. One line a server:
 *
 *	HOST:PORT sha256:HEX login|open FIRST-SEEN
 *
 * HEX is SHA-256 of the server's public key (SPKI), FIRST-SEEN seconds since
 * 1970; `login` says that it asked for one: a server that did and no longer
 * does may be somebody else who wants what is typed. IPv6 addresses stand in
 * brackets; case does not count. Lines that begin with # and empty lines are
 * comments. What is not understood is reported with its line number, counts
 * for nothing and is kept when the file is written. Of two lines for one
 * address the first counts.
 */
#ifndef ORL_VIEWER_HOSTS_H
#define ORL_VIEWER_HOSTS_H

#include <oriel/oriel.h>

enum {
	ORL_HOSTS_FILE_MAX = 1 << 20,
	ORL_HOSTS_LINES_MAX = 10000,
	ORL_HOSTS_ADDRESS_MAX = 261, /* a name of 255 and :65535 */
};

struct orl_hosts;

struct orl_host {
	char address[ORL_HOSTS_ADDRESS_MAX + 1]; /* lower case */
	uint8_t sha256[32];
	bool login;
	uint64_t first_seen;
};

/* What was wrong with a line; the whole file is line 0. */
struct orl_hosts_problem {
	size_t line;
	const char *what;
};

enum orl_hosts_key {
	ORL_HOSTS_KEY_UNKNOWN,
	ORL_HOSTS_KEY_SAME,
	ORL_HOSTS_KEY_CHANGED,
};

enum orl_hosts_login {
	ORL_HOSTS_LOGIN_SAME, /* or the server is unknown */
	ORL_HOSTS_LOGIN_NEW,  /* asked for now: nothing to warn of */
	ORL_HOSTS_LOGIN_GONE, /* no longer asked for: warn */
};

/* ---- in memory --------------------------------------------------------- */

/* ORIEL_ENOMEM, or ORIEL_ELIMIT for more bytes or lines than a file has. */
int orl_hosts_parse(struct orl_hosts **out, const char *text, size_t n);
void orl_hosts_destroy(struct orl_hosts *h);
/* The file's text, NUL after it; free() it. */
int orl_hosts_format(char **text, size_t *n, const struct orl_hosts *h);

size_t orl_hosts_problems(const struct orl_hosts *h);
struct orl_hosts_problem orl_hosts_problem(
		const struct orl_hosts *h, size_t index);

/* The entry of HOST:PORT, or NULL; valid until the next change. */
const struct orl_host *orl_hosts_find(
		const struct orl_hosts *h, const char *address);
/* The key is known when TLS is up; old (may be NULL) is set when it is. */
enum orl_hosts_key orl_hosts_judge_key(const struct orl_hosts *h,
		const char *address, const uint8_t sha256[static 32],
		const struct orl_host **old);
/* Whether a login is asked for is known only with the server's hello. */
enum orl_hosts_login orl_hosts_judge_login(
		const struct orl_hosts *h, const char *address, bool login);

/*
 * Add or replace. `now` (seconds since 1970) becomes FIRST-SEEN of a key that
 * was not there. ORIEL_EINVAL when address is not HOST:PORT, ORIEL_ELIMIT
 * when the file would become too large.
 */
int orl_hosts_set(struct orl_hosts *h, const char *address,
		const uint8_t sha256[static 32], bool login, uint64_t now);
/* Forget all lines of this address. How many there were. */
size_t orl_hosts_remove(struct orl_hosts *h, const char *address);

/* 64 hexadecimal digits and NUL. */
void orl_hosts_fingerprint(
		char out[static 65], const uint8_t sha256[static 32]);

/* ---- on disk ----------------------------------------------------------- */

/* $XDG_CONFIG_HOME or ~/.config, /oriel/NAME. ORIEL_EIO: no home. */
int orl_config_path(char *out, size_t size, const char *name);
/* The same for known_hosts. */
int orl_hosts_path(char *out, size_t size);
/* A file that is not there is an empty one. ORIEL_EIO leaves errno. */
int orl_hosts_load(struct orl_hosts **out, const char *path);
/*
 * Replace the file whole or not at all: 0600, its folder made with 0700 when
 * missing. A symbolic link stays one.
 */
int orl_hosts_save(const struct orl_hosts *h, const char *path);
/*
 * Load, set and save under a lock, so that two viewers do not lose each
 * other's lines.
 */
int orl_hosts_record(const char *path, const char *address,
		const uint8_t sha256[static 32], bool login, uint64_t now);

#endif
