/*
 * qemu_agent.c - the connection to a guest's spice-vdagent.
 *
 * Nothing is queued for it but what it can be told next: sizes of screens are
 * written when the channel takes them, and then they are the newest. A guest
 * that writes what is no agent's is not listened to until it opens the channel
 * anew, as a guest that starts does.
 */
#include "capture/qemu_agent.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/qemu.h"

enum { READ_MAX = 64 << 10 /* of one run */, TRIES = 10 };

#define AGAIN (ORL_SEC / 5)

#define CHARDEV "org.qemu.Display1.Chardev"

/* ---- what it says ------------------------------------------------------- */

static void on_caps(void *user, const struct orl_vdagent_piece *piece)
{
	struct orl_qemu_agent *a = &((struct orl_qemu *)user)->agent;

	if (!a->told)
		fputs("qemu: the guest's agent is there\n", stderr);
	a->told = true;
	a->known = true;
	a->caps = piece->n >= 8 ? orl_vdagent_u32(piece->data + 4) : 0;
	if (orl_vdagent_u32(piece->data))
		a->answer = true;
	orl_qemu_clip_agent(user, a->caps);
}

static void on_reply(void *user, const struct orl_vdagent_piece *piece)
{
	if (orl_vdagent_u32(piece->data) == ORL_VDAGENT_MONITORS &&
			orl_vdagent_u32(piece->data + 4) != 1)
		orl_qemu_say(user, 0,
				"the guest's agent could not set the size of "
				"the screen");
}

static const struct orl_vdagent_type types[] = {
	{ ORL_VDAGENT_CAPS, 4, ORL_VDAGENT_GATHER, true, on_caps },
	{ ORL_VDAGENT_REPLY, 8, 8, true, on_reply },
	{ ORL_VDCLIP_GRAB, 0, ORL_VDAGENT_GATHER, true, orl_qemu_clip_take },
	{ ORL_VDCLIP_RELEASE, 0, 4, true, orl_qemu_clip_take },
	{ ORL_VDCLIP_REQUEST, 4, 8, true, orl_qemu_clip_take },
	{ ORL_VDFILES_STATUS, 8, ORL_VDAGENT_GATHER, true,
			orl_qemu_files_take },
	{ ORL_VDCLIP_DATA, 4, UINT32_MAX, false, orl_qemu_clip_take },
};

static void start_over(struct orl_qemu *q)
{
	struct orl_qemu_agent *a = &q->agent;

	orl_vdagent_init(&a->in, types, sizeof(types) / sizeof(types[0]), q);
	a->known = a->answer = a->broken = false;
	orl_qemu_clip_agent(q, 0);
	a->out_n = a->out_at = 0;
	a->ask = a->open;
}

/* Returns false when the other end is closed. */
static bool take_in(struct orl_qemu *q)
{
	static uint8_t bytes[READ_MAX];
	struct orl_qemu_agent *a = &q->agent;
	ssize_t n = recv(a->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	if (a->broken || orl_vdagent_feed(&a->in, bytes, (size_t)n) == 0)
		return true;
	a->broken = true;
	a->known = a->ask = a->answer = false;
	orl_qemu_clip_agent(q, 0);
	orl_qemu_say(q, 0,
			"what the guest's agent writes makes no sense; it "
			"is not listened to until the guest starts it anew");
	return true;
}

/* ---- what it is told ---------------------------------------------------- */

static bool can_resize(const struct orl_qemu_agent *a)
{
	return a->fd >= 0 && a->open && a->known &&
	       a->caps & ORL_VDAGENT_CAN_MONITORS;
}

static size_t put_monitors(const struct orl_qemu *q, uint8_t *out, size_t size)
{
	struct orl_vdagent_head heads[ORL_VDAGENT_HEADS];
	int32_t x = 0;

	for (size_t i = 0; i < q->console_count; i++) {
		const struct orl_qemu_console *c = &q->consoles[i];

		heads[i].x = x;
		heads[i].y = 0;
		heads[i].width = c->want_width ? c->want_width : c->width;
		heads[i].height = c->want_height ? c->want_height : c->height;
		x += heads[i].width;
	}
	return orl_vdagent_put_monitors(out, size, heads, q->console_count);
}

static bool has_news(const struct orl_qemu *q)
{
	const struct orl_qemu_agent *a = &q->agent;

	return a->ask || a->answer || (a->monitors && can_resize(a)) ||
	       (a->known && (orl_qemu_clip_has_news(q) ||
					    orl_qemu_files_has_news(q)));
}

static void make_news(struct orl_qemu *q)
{
	struct orl_qemu_agent *a = &q->agent;
	const uint32_t caps = ORL_VDAGENT_CAN_MONITORS | ORL_VDAGENT_CAN_REPLY |
			      ORL_VDCLIP_BY_DEMAND | ORL_VDCLIP_SELECTION |
			      ORL_VDFILES_DETAILS;

	a->out_at = a->out_n = 0;
	if (orl_qemu_clip_in_message(q)) {
		a->out_n = orl_qemu_clip_news(q, a->out, sizeof(a->out));
	} else if (a->ask || a->answer) {
		a->out_n = orl_vdagent_put_caps(
				a->out, sizeof(a->out), a->ask, caps);
		a->ask = a->answer = false;
	} else if (a->monitors && can_resize(a)) {
		a->out_n = put_monitors(q, a->out, sizeof(a->out));
		a->monitors = false;
	} else if (orl_qemu_clip_has_news(q)) {
		a->out_n = orl_qemu_clip_news(q, a->out, sizeof(a->out));
	} else {
		a->out_n = orl_qemu_files_news(q, a->out, sizeof(a->out));
	}
}

/* Returns false when the other end is closed. */
static bool put_out(struct orl_qemu *q)
{
	struct orl_qemu_agent *a = &q->agent;

	while (a->out_at < a->out_n || has_news(q)) {
		ssize_t n;

		if (a->out_at == a->out_n)
			make_news(q);
		n = send(a->fd, a->out + a->out_at, a->out_n - a->out_at,
				MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		a->out_at += (size_t)n;
	}
	return true;
}

/* ---- the connection ---------------------------------------------------- */

static void hang_up(struct orl_qemu *q)
{
	if (q->agent.fd >= 0)
		close(q->agent.fd);
	q->agent.fd = -1;
	q->agent.events = 0;
}

static int on_registered(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;

	(void)error;
	if (!sd_bus_message_is_method_error(m, NULL)) {
		q->agent.tries = 0;
		return 0;
	}
	hang_up(q);
	/* It may not have seen yet that the one before is closed. */
	if (q->agent.tries++ < TRIES) {
		q->agent.again = orl_now() + AGAIN;
		return 0;
	}
	orl_qemu_say(q, 0,
			"the virtual machine does not let us talk to the "
			"guest's agent");
	return 0;
}

static void connect_to(struct orl_qemu *q)
{
	struct orl_qemu_agent *a = &q->agent;
	struct epoll_event event = { .events = EPOLLIN };
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, a->path,
			CHARDEV, "Register", on_registered, q, "h", ends[1]);
	close(ends[1]);
	a->fd = ends[0];
	a->events = event.events;
	if (r >= 0)
		r = epoll_ctl(q->epoll, EPOLL_CTL_ADD, a->fd, &event);
	if (r < 0)
		hang_up(q);
}

void orl_qemu_agent_init(struct orl_qemu_agent *a)
{
	*a = (struct orl_qemu_agent){ .fd = -1 };
}

void orl_qemu_agent_found(struct orl_qemu *q, const char *path, bool open)
{
	struct orl_qemu_agent *a = &q->agent;

	if (a->path[0] && strcmp(a->path, path) != 0)
		return; /* a second one */
	if (!a->path[0]) {
		snprintf(a->path, sizeof(a->path), "%s", path);
		a->open = !open;
	}
	if (open == a->open)
		return;
	a->open = open;
	a->tries = 0;
	a->again = 0;
	start_over(q);
	/*
	 * What the agent that went has not read would be read by the next one,
	 * in the middle of a message: it goes with this connection.
	 */
	if (open)
		connect_to(q);
	else
		hang_up(q);
}

void orl_qemu_agent_tick(struct orl_qemu *q, uint64_t now)
{
	struct orl_qemu_agent *a = &q->agent;

	if (!a->again || now < a->again)
		return;
	a->again = 0;
	if (a->open && a->fd < 0)
		connect_to(q);
}

void orl_qemu_agent_lost(struct orl_qemu *q, const char *path)
{
	if (strcmp(q->agent.path, path) == 0)
		orl_qemu_agent_close(q);
}

void orl_qemu_agent_run(struct orl_qemu *q)
{
	struct orl_qemu_agent *a = &q->agent;
	struct epoll_event event = { .events = EPOLLIN };

	if (a->fd < 0)
		return;
	if (a->running)
		return; /* from within: it goes on when that is done */
	a->running = true;
	bool ok = (q->clip.take.hold || take_in(q)) && put_out(q);
	a->running = false;
	if (!ok) {
		hang_up(q);
		return;
	}
	/* A viewer that is slow has the agent wait. */
	if (q->clip.take.hold)
		event.events = 0;
	if (a->out_at < a->out_n)
		event.events |= EPOLLOUT;
	if (event.events != a->events)
		epoll_ctl(q->epoll, EPOLL_CTL_MOD, a->fd, &event);
	a->events = event.events;
}

bool orl_qemu_agent_resize(struct orl_qemu *q)
{
	q->agent.monitors = true;
	return can_resize(&q->agent);
}

void orl_qemu_agent_close(struct orl_qemu *q)
{
	orl_qemu_clip_agent(q, 0);
	hang_up(q);
	orl_qemu_agent_init(&q->agent);
}
