/*
 * clipboard.h - what can be pasted, and pastes on their way, over one link;
 * the same at both ends.
 *
 * Each end may offer; of the two newest offers the one with the higher serial
 * holds, of equal ones the server's, and so both ends agree. A serial is one
 * more than the highest that was made or seen. An offer waits until the one
 * before has been seen, and only the newest waits: however often a clipboard
 * changes, that is one message a round trip.
 *
 * Bytes travel as streams (stream.h), opened by who pastes. Rights are the
 * caller's to know: orl_clip_allow().
 *
 * Calls are made from orl_clip_message() and orl_clip_end() only, and may call
 * everything here but these two.
 */
#ifndef ORL_REDIRECT_CLIPBOARD_H
#define ORL_REDIRECT_CLIPBOARD_H

#include <oriel/oriel.h>

#include "redirect/stream.h"

enum {
	ORL_CLIP_TYPES_TEXT = 2048, /* all types of an offer, with spaces */
	ORL_CLIP_TRANSFERS = 4,     /* at a time, each way */
};

/* What a transfer may bring when its host sets no limit. */
#define ORL_CLIP_LIMIT (UINT64_C(256) << 20)

struct orl_clip;

struct orl_clip_calls {
	/* As the events of oriel-server.h and oriel-client.h. */
	void (*offered)(void *user, enum oriel_selection selection,
			const char *const *types, size_t count);
	void (*refused)(void *user, int error, const char *why);
	void (*wanted)(void *user, struct oriel_transfer *transfer);
	void (*begun)(void *user, struct oriel_transfer *transfer);
	void (*data)(void *user, struct oriel_transfer *transfer,
			const void *data, size_t n);
	void (*ready)(void *user, struct oriel_transfer *transfer);
	void (*ended)(void *user, struct oriel_transfer *transfer, int error,
			const char *why);
	/* A message was queued (0), or could not be: the link is to end. */
	void (*sent)(void *user, int error);
};

/* Cancel, on this channel. */
enum { ORL_MSG_CLIP_CANCEL = ORL_CHANNEL_CLIPBOARD << 8 | 0xfe };

/* One selection; types are as on the wire. */
struct orl_clip_board {
	bool current; /* it holds: it is newer than the other end's */
	bool due;     /* ours: to be sent when that is possible */
	bool unseen;  /* ours: sent, and clip_seen has not come */
	uint32_t serial;
	char types[ORL_CLIP_TYPES_TEXT + 1];
};

struct orl_clip {
	const struct orl_env *env;
	struct orl_link *link; /* NULL: there is none */
	const struct orl_clip_calls *calls;
	void *user;
	bool in, out; /* what the other end may have us do */
	struct orl_stream_ids ids;
	struct orl_clip_board ours[ORIEL_SELECTIONS];
	struct orl_clip_board theirs[ORIEL_SELECTIONS];
	struct orl_node transfers;
};

void orl_clip_init(struct orl_clip *clip, const struct orl_env *env,
		enum orl_role role, const struct orl_clip_calls *calls,
		void *user);
/* A link to use; nothing is allowed on it yet. */
void orl_clip_begin(struct orl_clip *clip, struct orl_link *link);
/* The link is gone: transfers end with `error`, and their offers go. */
void orl_clip_end(struct orl_clip *clip, int error);
/* Free what there is without a call. */
void orl_clip_fini(struct orl_clip *clip);

/*
 * in: what they offer is heard, and may be asked for. out: what we offer is
 * told, and given. What is no longer allowed ends.
 */
void orl_clip_allow(struct orl_clip *clip, bool in, bool out);

/* A message of channel 5; an error ends the link. */
int orl_clip_message(
		struct orl_clip *clip, uint16_t id, const void *data, size_t n);

/* Types as an offer's text; ORIEL_EINVAL. */
int orl_clip_types_join(char out[static ORL_CLIP_TYPES_TEXT + 1],
		const char *const *types, size_t count);
/* What could be pasted from here, as orl_clip_types_join() wrote it. */
int orl_clip_put_up(struct orl_clip *clip, enum oriel_selection selection,
		const char *types);
int orl_clip_request(struct oriel_transfer **out, struct orl_clip *clip,
		enum oriel_selection selection, const char *type);
/* What they offered is not used. */
void orl_clip_refuse(struct orl_clip *clip, int error, const char *why);

#endif
