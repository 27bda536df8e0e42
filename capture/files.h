/*
 * files.h - the program's own files: read whole, written atomically, kept
 * where nobody else can read them.
 */
#ifndef ORL_FILES_H
#define ORL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORL_FILE_MAX = 1 << 20 };

/*
 * The bytes of a regular file and a NUL after them, to be freed by the caller
 * with orl_file_free(). Returns 0 or a negative errno; -EFBIG above max.
 */
int orl_file_read(char **out, size_t *n, const char *path, size_t max);
/* Wipe, then free; n as read. */
void orl_file_free(char *text, size_t n);

/*
 * Replace `path` by a file of mode 0600 with these bytes: a reader sees the
 * old one or the new one, also after a crash. Returns 0 or a negative errno.
 */
int orl_file_replace(const char *path, const void *bytes, size_t n);

/*
 * What is known of the certificates of other servers: see pins.h. false: this
 * one's is not.
 */
bool orl_pins_known(uint8_t sha256[static 32], const char *name);
/* Returns 0 or a negative errno. */
int orl_pins_keep(const char *name, const uint8_t sha256[static 32]);

/*
 * A server's identity: its certificate and key as PEM text, and the 32 bytes
 * that seal resumption tokens.
 */
struct orl_identity {
	char *certificate, *private_key;
	size_t certificate_size, key_size;
	uint8_t token_key[32];
};

/*
 * From the files given, or when both are NULL from $XDG_STATE_HOME/oriel
 * (~/.local/state/oriel), where a pair for `name` is made if there is none.
 * Returns 0, or -1 after writing what is wrong to why[size].
 */
int orl_identity_load(struct orl_identity *out, const char *cert,
		const char *key, const char *name, char *why, size_t size);
void orl_identity_free(struct orl_identity *identity);

#endif
