/*
 * frame.c - pictures that the host owns and several may look at, and the
 * memory that they are in.
 */
#include "server/server.h"

int oriel_memory_create(struct oriel_memory **out, struct oriel_server *server,
		int fd, uint64_t size)
{
	struct orl_shared shared;

	if (!out || !server)
		return ORIEL_EINVAL;
	int err = orl_shared_open(&shared, fd, size);
	if (err)
		return err;
	struct oriel_memory *memory =
			orl_alloc(&server->env, 1, sizeof(*memory));
	if (!memory) {
		orl_shared_close(&shared);
		return ORIEL_ENOMEM;
	}
	memory->server = server;
	memory->env = server->env;
	memory->refs = 1;
	memory->shared = shared;
	*out = memory;
	return 0;
}

struct oriel_memory *oriel_memory_ref(struct oriel_memory *memory)
{
	if (memory)
		__atomic_add_fetch(&memory->refs, 1, __ATOMIC_RELAXED);
	return memory;
}

void oriel_memory_unref(struct oriel_memory *memory)
{
	if (!memory || __atomic_sub_fetch(&memory->refs, 1, __ATOMIC_ACQ_REL))
		return;
	orl_shared_close(&memory->shared);
	const struct orl_env env = memory->env;
	orl_free(&env, memory);
}

bool oriel_memory_is_mapped(const struct oriel_memory *memory)
{
	return memory->shared.map != NULL;
}

/* Whether all pixels are inside the memory. */
static bool inside(const struct oriel_frame_config *c)
{
	const struct oriel_pixels *p = &c->pixels;
	const uint64_t size = c->memory->shared.size;
	/* At most 2^14 times 2^31, so this does not wrap. */
	uint64_t n = (uint64_t)(p->height - 1) * (uint64_t)p->stride +
		     (uint64_t)p->width * 4;

	return c->offset <= size && n <= size - c->offset;
}

static int check(const struct oriel_server *server,
		const struct oriel_frame_config *c)
{
	const struct oriel_pixels *p = &c->pixels;

	if (!p->data == !c->memory || p->width < 1 || p->height < 1 ||
			p->width > ORL_DISPLAY_SIDE_MAX ||
			p->height > ORL_DISPLAY_SIDE_MAX ||
			p->stride / 4 < p->width)
		return ORIEL_EINVAL;
	if (p->format == ORIEL_FORMAT_XRGB2101010)
		return ORIEL_ENOTSUP;
	if (p->format < ORIEL_FORMAT_XRGB8888 ||
			p->format > ORIEL_FORMAT_XBGR8888)
		return ORIEL_EINVAL;
	if (c->memory && (c->memory->server != server || !inside(c)))
		return ORIEL_EINVAL;
	return 0;
}

int oriel_frame_create(struct oriel_frame **out, struct oriel_server *server,
		const struct oriel_frame_config *config)
{
	struct oriel_frame_config c;

	if (!out || !server || !config)
		return ORIEL_EINVAL;
	int err = orl_take_struct(&c, sizeof(c), config,
			offsetof(struct oriel_frame_config, memory));
	if (!err)
		err = check(server, &c);
	if (err)
		return err;
	struct oriel_frame *frame = orl_alloc(&server->env, 1, sizeof(*frame));
	if (!frame)
		return ORIEL_ENOMEM;
	if (c.memory && c.memory->shared.map)
		c.pixels.data = c.memory->shared.map + c.offset;
	if (!c.time)
		c.time = orl_now(&server->env);
	oriel_memory_ref(c.memory);
	frame->server = server;
	frame->env = server->env;
	frame->refs = 1;
	frame->config = c;
	*out = frame;
	return 0;
}

struct oriel_frame *oriel_frame_ref(struct oriel_frame *frame)
{
	if (frame)
		__atomic_add_fetch(&frame->refs, 1, __ATOMIC_RELAXED);
	return frame;
}

void oriel_frame_unref(struct oriel_frame *frame)
{
	if (!frame || __atomic_sub_fetch(&frame->refs, 1, __ATOMIC_ACQ_REL))
		return;
	oriel_memory_unref(frame->config.memory);
	if (frame->config.release)
		frame->config.release(frame->config.user);
	const struct orl_env env = frame->env;
	orl_free(&env, frame);
}
