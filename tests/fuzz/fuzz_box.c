/*
 * fuzz_box.c - any bytes as what the process of a connection says to the
 * viewer: messages as they come, or of the right shape with values from the
 * input; and words in shared memory. The viewer ends that session, or what it
 * tells its own program holds (box_any.h).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/box_impl.h"
#include "tests/box_any.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct any_source source; /* first */
	const uint8_t *at, *end;
};

static uint64_t next(struct any_source *source)
{
	struct input *in = (struct input *)source;
	uint64_t v = 0;
	size_t n = (size_t)(in->end - in->at);
	n = n < sizeof(v) ? n : sizeof(v);
	memcpy(&v, in->at, n);
	in->at += n;
	return v;
}

static unsigned byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* What the viewer has answered, and has nobody to read it. */
static void drain(int process)
{
	struct orl_box_message m;
	int file;
	while (orl_box_receive(process, &m, ORL_BOX_DOWN, &file, 1) > 0)
		if (file >= 0)
			close(file);
}

static void fill(struct orl_box_message *m, struct input *in, unsigned how)
{
	if (how & 1) {
		size_t n = (size_t)(in->end - in->at),
		       all = orl_box_size(m->id);
		n = n < all - sizeof(m->id) ? n : all - sizeof(m->id);
		memset(&m->u, 0, sizeof(m->u));
		memcpy(&m->u, in->at, n);
		in->at += n;
		return;
	}
	any_message(&in->source, m, m->id);
	/* Small displays: memory is not what is looked for. */
	if (m->id == ORL_BOX_CLIP_UP && how & 0x10) /* a type that may be one */
		memcpy(m->u.clip_up.text, "a/b", 4);
	if (m->id == ORL_BOX_ASK_SHEET && m->u.ask_sheet.width > 256)
		m->u.ask_sheet.width = 1 + m->u.ask_sheet.width % 256;
	if (m->id == ORL_BOX_ASK_SHEET && m->u.ask_sheet.height > 256)
		m->u.ask_sheet.height = 1 + m->u.ask_sheet.height % 256;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { { next }, data, data + size };
	static const enum orl_box_ring_id fed[] = { ORL_RING_CURSOR,
		ORL_RING_CLIP_UP, ORL_RING_PRINT, ORL_RING_USB_UP };
	struct any_seen seen = { 0 };
	struct orl_box_ring rings[ORL_RINGS];
	struct orl_box_message m;
	int process;
	struct orl_box *box = any_box(&seen, &process, rings);
	box->jailed = true;
	while (in.at < in.end && box->begun) {
		unsigned how = byte(&in);
		m.id = 1 + byte(&in) % (ORL_BOX_IDS + 1);
		if (m.id < ORL_BOX_IDS)
			fill(&m, &in, how);
		if (how & 2)
			atomic_store(rings[fed[how >> 3 & 3]].head,
					(uint32_t)next(&in.source));
		if (how & 4 && box->remotes[0].sheet.head)
			atomic_store(&box->remotes[0].sheet.head->commits,
					(uint32_t)how);
		size_t n = orl_box_size(m.id) + (how >> 7);
		/* At once, rather than through the socket: it is the same. */
		int err = orl_box_check(&m, n, ORL_BOX_UP);
		if (!err)
			err = orl_box_event(box, &m);
		if (err)
			orl_box_lost(box, "lies");
		drain(process);
	}
	if (box->begun)
		orl_box_lost(box, "the end");
	any_take(&seen);
	if (seen.ended != 1 || seen.screens || seen.pastes || seen.jobs ||
			seen.devices)
		abort();
	close(process);
	orl_rings_unmap(rings);
	orl_box_destroy(box);
	return 0;
}
