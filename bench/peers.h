/*
 * peers.h - the remote display systems that are measured: how their servers
 * and clients are started, with which settings.
 */
#ifndef ORL_BENCH_PEERS_H
#define ORL_BENCH_PEERS_H

#include <stdbool.h>
#include <stddef.h>

enum peer_kind {
	PEER_CAPTURES,   /* the server captures an X display that we start */
	PEER_IS_DISPLAY, /* the server is an X server */
	PEER_PUSHED, /* the server is given the frames, as by a hypervisor */
};

struct peer {
	const char *name, *about;
	const char *packages; /* of Debian, that it is in; NULL: ours */
	enum peer_kind kind;
	bool window_manager; /* the client needs one to cover its display */
	/* Commands with {words} in them, see peer_expand(). */
	const char *server, *client;
	/* Some have a second program in front of the server, which then is at
	 * {inner}; and a file that it reads. */
	const char *gate, *gate_file;
};

/* Where the desktop's sound is played that peers with sound carry, and what
 * listens to it. */
#define PEER_SINK "desk"
#define PEER_EAR "oriel-bench-hear"

/* Ended by a NULL name. */
extern const struct peer peers[];

const struct peer *peer_find(const char *name);

struct peer_values {
	const char *programs; /* the folder of Oriel's */
	const char *folder, *display, *size, *cc, *frames;
	int port; /* {port}; {inner} is the next one */
};

/* Replaces the words. 0, or -1 when it does not fit. */
int peer_expand(char *out, size_t cap, const char *command,
		const struct peer_values *values);
/* The commands as they are written down above, for reports. */
void peer_settings(char *out, size_t cap, const struct peer *p);
/* Whether its server is told to carry the sound of PEER_SINK. */
bool peer_sounds(const struct peer *p);
/* 0, or -1 and what is missing. */
int peer_installed(const struct peer *p, const char *programs, char *why,
		size_t cap);
void peer_version(char *out, size_t cap, const struct peer *p,
		const char *programs);

/* A hash of a file's content, 16 digits; "" when it cannot be read. */
void file_hash(char out[static 17], const char *path);

#endif
