/*
 * box_wire.h - what passes between the viewer and the process that has its
 * connection: messages of fixed sizes over a socket, bytes in rings and
 * pictures in sheets of memory that both see. The other end is hostile here:
 * nothing that it can write is read twice, or used as a size unchecked.
 */
#ifndef ORL_VIEWER_BOX_WIRE_H
#define ORL_VIEWER_BOX_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <oriel/oriel.h>

/* ---- messages ---------------------------------------------------------- */

enum {
	ORL_BOX_SLOTS = 16, /* screens, as limits.h has them */
	ORL_BOX_RECTS = 16,
	ORL_BOX_USB = 32,
	ORL_BOX_USB_WINDOW = 128 << 10, /* to the desktop, and not taken */
	ORL_BOX_JOBS = 32,              /* and those that end just now */
	ORL_BOX_STATS_SIZE = (sizeof(struct oriel_stats) + 7) / 8 * 8,
};

enum orl_box_id {
	ORL_BOX_NONE,
#define MESSAGE(direction, NAME, name, fields) ORL_BOX_##NAME,
#define RING(direction, NAME, size)
#include "client/viewer/box_wire.def"
	ORL_BOX_IDS,
};

enum orl_box_direction { ORL_BOX_UP, ORL_BOX_DOWN };

#define MESSAGE(direction, NAME, name, fields) \
	struct orl_box_##name { \
		fields \
	};
#define RING(direction, NAME, size)
#define NUMBER(name, least, most) int64_t name;
#define TEXT(name, size) char name[size];
#define BYTES(name, size) uint8_t name[size];
#define RECTS(name) struct oriel_rect name[ORL_BOX_RECTS];
#include "client/viewer/box_wire.def"

struct orl_box_message {
	uint64_t id;
	union {
#define MESSAGE(direction, NAME, name, fields) struct orl_box_##name name;
#define RING(direction, NAME, size)
#include "client/viewer/box_wire.def"
	} u;
};

/* Its bytes, the id's with them; 0: there is no such message. */
size_t orl_box_size(uint64_t id);
/*
 * n bytes as a message: 0, or ORIEL_EPROTO where it is none that goes this
 * way. Texts that come UP are made printable: they go to terminals.
 */
int orl_box_check(struct orl_box_message *m, size_t n,
		enum orl_box_direction direction);
/* Copies as much as there is room for; cut between characters. */
void orl_box_text(char *out, size_t size, const char *text);
#define ORL_BOX_TEXT(out, text) orl_box_text(out, sizeof(out), text)

/*
 * Send, with two files at most: 0; ORIEL_ELIMIT when there is no room for it,
 * ORIEL_ECLOSED when nobody is there.
 */
int orl_box_send(int socket, const struct orl_box_message *m, const int *files,
		size_t n_files);
/*
 * 1: one was there, and files are filled in, else -1, as far as they are
 * wanted (n_files); 0: none; ORIEL_ECLOSED, ORIEL_EPROTO.
 */
int orl_box_receive(int socket, struct orl_box_message *m,
		enum orl_box_direction direction, int *files, size_t n_files);

/* ---- rings ------------------------------------------------------------- */

enum orl_box_ring_id {
#define MESSAGE(direction, NAME, name, fields)
#define RING(direction, NAME, size) ORL_RING_##NAME,
#include "client/viewer/box_wire.def"
	ORL_RINGS,
};

/* One end of a ring. Its own place is here, where the other cannot reach. */
struct orl_box_ring {
	_Atomic uint32_t *head, *tail; /* of the writer, of the reader */
	uint8_t *bytes;
	uint32_t size, at;
};

/* Of a file of rings: made, or 0 bytes that are not to be used. */
int orl_rings_create(int *file);
/* Both ends map it. -1: not possible. */
int orl_rings_map(struct orl_box_ring rings[static ORL_RINGS], int file);
void orl_rings_unmap(struct orl_box_ring rings[static ORL_RINGS]);
/* Bytes that can be put, or got; ORIEL_EPROTO when the other end lies. */
int64_t orl_box_ring_room(const struct orl_box_ring *ring);
int64_t orl_box_ring_there(const struct orl_box_ring *ring);
/* All of them: 0, ORIEL_ELIMIT (no room, not there), ORIEL_EPROTO. */
int orl_box_ring_put(struct orl_box_ring *ring, const void *data, size_t n);
int orl_box_ring_get(struct orl_box_ring *ring, void *data, size_t n);

/* A word beside the rings: bytes of PCM that the viewer has asked for so far. */
_Atomic uint32_t *orl_rings_bell(struct orl_box_ring rings[static ORL_RINGS]);
/*
 * While a word has this value, ns at most (0: for ever); it may be over before
 * for no reason, and the other end can have it be so always.
 */
void orl_box_word_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns);
void orl_box_word_wake(_Atomic uint32_t *word);

/* ---- sheets: a screen's picture ---------------------------------------- */

/*
 * The process writes, the viewer reads. They keep out of each other's way by
 * words that both can write; whoever waits does so for so long only, and the
 * viewer knows afterwards whether its copy is of one moment.
 */
struct orl_sheet_head {
	_Atomic uint32_t writing, reading, commits;
};

struct orl_sheet {
	struct orl_sheet_head *head; /* NULL: none */
	uint32_t *pixels;            /* the viewer may only read them */
	size_t bytes;                /* of all */
	int32_t width, height;
	uint32_t commits; /* when the reader began */
};

/* A file that can neither shrink nor grow, and the viewer's view of it. */
int orl_sheet_create(struct orl_sheet *sheet, int *file, int32_t width,
		int32_t height);
/* The process's. */
int orl_sheet_map(struct orl_sheet *sheet, int file, int32_t width,
		int32_t height);
void orl_sheet_free(struct orl_sheet *sheet);
/* False at the end: what was read is not of one moment. */
void orl_sheet_read(struct orl_sheet *sheet);
bool orl_sheet_read_end(struct orl_sheet *sheet);
void orl_sheet_write(struct orl_sheet *sheet);
void orl_sheet_write_end(struct orl_sheet *sheet);

#endif
