/*
 * push.c - oriel-bench-push: an Oriel server that is given a trace's frames as
 * a hypervisor gives them: changed rectangles of a framebuffer, through the
 * library, in the one thread that also serves. The stage is standard input.
 * The time that preparing the frames takes is measured apart.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <oriel/oriel-server.h>

#include "bench/frames.h"
#include "bench/stage.h"

enum {
	MS = 1000000,
	LONG = 20, /* ms between looks at the stage while nothing is to do */
	LEAD = 50, /* ms from go to the first frame */
	PATIENCE = 3000, /* ms, for a frame in slow motion */
};

struct pusher {
	struct oriel_server *server;
	struct oriel_display *display;
	struct frames frames;
	struct stage *stage;
	uint32_t *screen;
	char verifier[256];
	uint32_t next;  /* frame */
	uint64_t start; /* that frame 0 counts from; 0: no go yet */
	uint64_t presented;
};

static void ask(void *user, struct oriel_auth *auth)
{
	struct pusher *p = user;
	if (oriel_auth_use_verifier(auth, p->verifier))
		oriel_auth_reject(auth, "no password");
}

static void let_in(void *user, struct oriel_auth *auth)
{
	(void)user;
	oriel_auth_accept(auth, ORIEL_MAY_SEE);
}

static int present(struct pusher *p, uint32_t i)
{
	const struct frames *f = &p->frames;
	const struct frame *frame = &f->frame[i];
	double cpu = stage_thread_cpu();
	frames_apply(f, i, p->screen, (size_t)f->width);
	if (i)
		p->stage->player_cpu += stage_thread_cpu() - cpu;
	p->presented = stage_now();
	p->stage->frame[i].submit = p->presented;
	for (uint32_t k = 0; k < frame->rects; k++) {
		const struct frame_rect *r = &f->rect[frame->first + k];
		const struct oriel_pixels pixels = {
			p->screen + (size_t)r->y * (size_t)f->width + r->x,
			r->width, r->height, f->width * 4, ORIEL_FORMAT_XRGB8888
		};
		int err = oriel_display_patch(
				p->display, &pixels, r->x, r->y, p->presented);
		if (err)
			return err;
	}
	p->stage->frame[i].done = stage_now();
	return 0;
}

/* Milliseconds until the next frame, 0: now. */
static int until_next(struct pusher *p)
{
	struct stage *s = p->stage;
	uint64_t now = stage_now(), due;
	if (!s->go || p->next == p->frames.n)
		return LONG;
	if (!p->start)
		p->start = now + (uint64_t)LEAD * MS;
	due = p->start + p->frames.frame[p->next].time;
	if (s->slow_motion) {
		uint32_t before = p->next - 1;
		bool wait = before && p->frames.frame[before].mark_x >= 0 &&
			    !s->frame[before].seen &&
			    now < p->presented + (uint64_t)PATIENCE * MS;
		due = wait ? now + MS : now;
	}
	s->frame[p->next].due = due;
	if (due <= now)
		return 0;
	if (due - now < MS) {
		stage_sleep_until(due);
		return s->slow_motion ? 1 : 0;
	}
	return due - now > (uint64_t)LONG * MS ? LONG : (int)((due - now) / MS);
}

static int run(struct pusher *p)
{
	int err = present(p, 0);
	p->next = 1;
	p->stage->ready = true;
	while (err >= 0) {
		int ms = until_next(p);
		if (!ms) {
			err = present(p, p->next++);
			if (p->next == p->frames.n)
				p->stage->played = true;
			if (err)
				return err;
		}
		err = oriel_server_wait(p->server, ms);
	}
	return err;
}

static const char *option(int argc, char **argv, const char *name)
{
	size_t n = strlen(name);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, n) == 0)
			return argv[i] + n;
	return "";
}

static int prepare(struct pusher *p, int argc, char **argv)
{
	const char *path = option(argc, argv, "--frames=");
	char password[128] = "";
	FILE *in = fopen(option(argc, argv, "--password-file="), "r");
	bool known = in && fgets(password, sizeof(password), in);
	if (in)
		fclose(in);
	password[strcspn(password, "\n")] = 0;
	if (!known || !*path ||
			oriel_make_verifier(p->verifier, sizeof(p->verifier),
					password) < 0 ||
			frames_open(&p->frames, path)) {
		fprintf(stderr, "oriel-bench-push: to be started by "
				"oriel-bench\n");
		return -1;
	}
	p->stage = stage_map(STDIN_FILENO);
	p->screen = calloc(
			(size_t)p->frames.width * (size_t)p->frames.height, 4);
	if (!p->stage || !p->screen || p->stage->magic != STAGE_MAGIC ||
			p->stage->n != p->frames.n) {
		fprintf(stderr, "oriel-bench-push: to be started by "
				"oriel-bench\n");
		return -1;
	}
	return 0;
}

static int serve(struct pusher *p, const char *address, const char *congestion)
{
	static const struct oriel_server_events events = {
		.size = sizeof(events),
		.auth_wanted = ask,
		.auth_proved = let_in,
	};
	char *certificate = NULL, *private_key = NULL;
	int err = oriel_server_make_pair(&certificate, &private_key, "bench");
	if (err)
		return err;
	struct oriel_server_config config = { .size = sizeof(config),
		.events = &events,
		.user = p,
		.certificate = certificate,
		.private_key = private_key,
		.congestion = congestion };
	struct oriel_display_config display = { .size = sizeof(display),
		.width = p->frames.width,
		.height = p->frames.height };
	err = oriel_server_create(&p->server, &config);
	err = err ? err
		  : oriel_display_create(&p->display, p->server, &display);
	err = err ? err : oriel_server_listen(p->server, address, NULL, 0);
	oriel_text_free(certificate);
	oriel_text_free(private_key);
	return err ? err : run(p);
}

int main(int argc, char **argv)
{
	struct pusher p = { .server = NULL };
	signal(SIGPIPE, SIG_IGN);
	if (prepare(&p, argc, argv))
		return 2;
	int err = serve(&p, option(argc, argv, "--listen="),
			option(argc, argv, "--congestion="));
	fprintf(stderr, "oriel-bench-push: %s\n", oriel_strerror(err));
	return 1;
}
