/*
 * files.c - read, replace, and the server's identity.
 *
 * Two servers may start at once in a fresh home; a lock on the state folder
 * lets one of them make the pair and the other find it.
 */
#include "capture/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <oriel/oriel-server.h>

#include "capture/pins.h"

static int read_all(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

int orl_file_read(char **out, size_t *n, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *p = NULL;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((uintmax_t)st.st_size > max)
		err = -EFBIG;
	if (!err) {
		p = malloc((size_t)st.st_size + 1);
		err = p ? read_all(fd, p, (size_t)st.st_size) : -ENOMEM;
	}
	close(fd);
	if (err) {
		free(p);
		return err;
	}
	*n = (size_t)st.st_size;
	p[*n] = 0;
	*out = p;
	return 0;
}

void orl_file_free(char *text, size_t n)
{
	if (text)
		explicit_bzero(text, n);
	free(text);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		p += put;
		n -= (size_t)put;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int orl_file_replace(const char *path, const void *bytes, size_t n)
{
	char temporary[PATH_MAX];
	int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd, err;

	if (len < 0 || (size_t)len >= sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, n);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

/* Make every missing part of path, 0700; the last must be ours alone. */
static int make_folder(char *path)
{
	struct stat st;

	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			*p = '/';
			return -errno;
		}
		*p = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() && !(st.st_mode & 022) ? 0 : -EPERM;
}

/* The state folder, made and locked: *lock is closed by the caller. */
static int state_folder(char out[static PATH_MAX], int *lock)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n, err;

	if (state && state[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/oriel", state);
	else if (home && home[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/.local/state/oriel", home);
	else
		return -ENOENT;
	if (n < 0 || n >= PATH_MAX - 16)
		return -ENAMETOOLONG;
	err = make_folder(out);
	if (err)
		return err;
	*lock = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0)
		return -errno;
	while (flock(*lock, LOCK_EX) < 0)
		if (errno != EINTR) {
			err = -errno;
			close(*lock);
			*lock = -1;
			return err;
		}
	return 0;
}

static void join(
		char out[static PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);

	if (n < 0 || n >= PATH_MAX) /* state_folder() left room */
		abort();
}

static int token_key(struct orl_identity *out, const char *folder)
{
	char path[PATH_MAX], *text = NULL;
	size_t n = 0;
	int err;

	join(path, folder, "token.key");
	err = orl_file_read(&text, &n, path, sizeof(out->token_key));
	if (!err && n == sizeof(out->token_key)) {
		memcpy(out->token_key, text, n);
		orl_file_free(text, n);
		return 0;
	}
	if (!err)
		orl_file_free(text, n);
	if (getrandom(out->token_key, sizeof(out->token_key), 0) !=
			(ssize_t)sizeof(out->token_key))
		return -EIO;
	return orl_file_replace(path, out->token_key, sizeof(out->token_key));
}

static int read_pair(struct orl_identity *out, const char *cert,
		const char *key, char *why, size_t size)
{
	int err = orl_file_read(&out->certificate, &out->certificate_size, cert,
			ORL_FILE_MAX);

	if (err) {
		snprintf(why, size, "%s: %s", cert, strerror(-err));
		return err;
	}
	err = orl_file_read(
			&out->private_key, &out->key_size, key, ORL_FILE_MAX);
	if (err)
		snprintf(why, size, "%s: %s", key, strerror(-err));
	return err;
}

static int make_pair(const char *cert, const char *key, const char *name,
		char *why, size_t size)
{
	char *certificate, *private_key;
	int err = oriel_server_make_pair(&certificate, &private_key, name);

	if (err) {
		snprintf(why, size, "making a key: %s", oriel_strerror(err));
		return -1;
	}
	/* A key without its certificate is made anew, so the key goes first. */
	err = orl_file_replace(key, private_key, strlen(private_key));
	if (!err)
		err = orl_file_replace(cert, certificate, strlen(certificate));
	if (err)
		snprintf(why, size, "%s: %s", cert, strerror(-err));
	oriel_text_free(certificate);
	oriel_text_free(private_key);
	return err;
}

int orl_identity_load(struct orl_identity *out, const char *cert,
		const char *key, const char *name, char *why, size_t size)
{
	char folder[PATH_MAX] = "", own_cert[PATH_MAX], own_key[PATH_MAX];
	int lock = -1, err = state_folder(folder, &lock);

	*out = (struct orl_identity){ .certificate = NULL };
	if (err && cert) {
		/* Without a place for it the key lasts as long as we do. */
		err = getrandom(out->token_key, sizeof(out->token_key), 0) < 0
				      ? -errno
				      : 0;
	} else if (!err) {
		err = token_key(out, folder);
	}
	if (err)
		snprintf(why, size, "the state folder %s: %s",
				*folder ? folder : "(no HOME)", strerror(-err));
	if (!err && !cert) {
		join(own_cert, folder, "server.crt");
		join(own_key, folder, "server.key");
		cert = own_cert;
		key = own_key;
		if (access(cert, F_OK) < 0 || access(key, F_OK) < 0)
			err = make_pair(cert, key, name, why, size);
	}
	if (!err)
		err = read_pair(out, cert, key, why, size);
	if (lock >= 0)
		close(lock);
	if (err)
		orl_identity_free(out);
	return err ? -1 : 0;
}

void orl_identity_free(struct orl_identity *identity)
{
	orl_file_free(identity->certificate, identity->certificate_size);
	orl_file_free(identity->private_key, identity->key_size);
	explicit_bzero(identity, sizeof(*identity));
}

/* ---- certificates of others -------------------------------------------- */

/* A file that is not there is empty. */
static int read_pins(char **text, size_t *n, char path[static PATH_MAX],
		int *lock)
{
	char folder[PATH_MAX];
	int err = state_folder(folder, lock);

	if (err)
		return err;
	join(path, folder, "sources");
	err = orl_file_read(text, n, path, ORL_PINS_MAX);
	if (err == -ENOENT) {
		*text = calloc(1, 1);
		*n = 0;
		err = *text ? 0 : -ENOMEM;
	}
	if (err)
		close(*lock);
	return err;
}

bool orl_pins_known(uint8_t sha256[static 32], const char *name)
{
	char path[PATH_MAX], *text;
	size_t n;
	int lock;
	bool found;

	if (read_pins(&text, &n, path, &lock) < 0)
		return false;
	found = orl_pins_find(sha256, text, n, name);
	close(lock);
	free(text);
	return found;
}

int orl_pins_keep(const char *name, const uint8_t sha256[static 32])
{
	char path[PATH_MAX], *text, *more;
	size_t n;
	int lock, err = read_pins(&text, &n, path, &lock);

	if (err)
		return err;
	more = orl_pins_add(text, n, name, sha256);
	err = more ? orl_file_replace(path, more, strlen(more)) : -ENOMEM;
	close(lock);
	free(text);
	free(more);
	return err;
}
