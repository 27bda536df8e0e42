/*
 * frame.c - pictures that the host owns and several may look at.
 */
#include "server/server.h"

int oriel_frame_create(struct oriel_frame **out, struct oriel_server *server,
		const struct oriel_frame_config *config)
{
	const struct oriel_pixels *p;

	if (!out || !server || !config || config->size != sizeof(*config))
		return ORIEL_EINVAL;
	p = &config->pixels;
	if (!p->data || p->width < 1 || p->height < 1 ||
			p->width > ORL_DISPLAY_SIDE_MAX ||
			p->height > ORL_DISPLAY_SIDE_MAX ||
			p->stride / 4 < p->width)
		return ORIEL_EINVAL;
	if (p->format == ORIEL_FORMAT_XRGB2101010)
		return ORIEL_ENOTSUP;
	if (p->format < ORIEL_FORMAT_XRGB8888 ||
			p->format > ORIEL_FORMAT_XBGR8888)
		return ORIEL_EINVAL;
	struct oriel_frame *frame = orl_alloc(&server->env, 1, sizeof(*frame));
	if (!frame)
		return ORIEL_ENOMEM;
	frame->server = server;
	frame->env = server->env;
	frame->refs = 1;
	frame->config = *config;
	if (!frame->config.time)
		frame->config.time = orl_now(&server->env);
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
	if (frame->config.release)
		frame->config.release(frame->config.user);
	const struct orl_env env = frame->env;
	orl_free(&env, frame);
}
