/*
 * spice.c - oriel-bench-spice: a SPICE server that is given a trace's frames
 * as a hypervisor gives them to libspice-server: one primary surface, and
 * drawing commands with the pixels of what has changed.
 *
 *   --shape=boxes    the box around each group of changed tiles of 64 x 64
 *                    that touch, as a driver in the guest reports damage
 *   --shape=columns  columns 32 pixels wide, cut where they do not differ
 *                    from a mirror, as QEMU's ui/spice-display.c does for a
 *                    guest without a driver
 *
 * As in QEMU no commands are made while the server has not fetched all of the
 * earlier ones: what changes meanwhile is gathered. The stage is standard
 * input. The main thread is the server's; the player's CPU time is measured
 * apart. A program of its own because libspice-server is no library of ours.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <spice.h>

#include "bench/frames.h"
#include "bench/stage.h"

enum {
	TILE = 64,
	COLUMN = 32,
	QUEUE = 1 << 16,
	WATCHES = 256,
	IDLE_NS = 1000000000,
	MS = 1000000,
};

struct SpiceTimer {
	SpiceTimerFunc call;
	void *user;
	uint64_t due; /* 0: off */
	bool dead;
	SpiceTimer *next;
};

struct SpiceWatch {
	int fd, mask;
	bool dead;
	SpiceWatchFunc call;
	void *user;
	SpiceWatch *next;
};

struct command {
	QXLCommandExt ext;
	QXLDrawable draw;
	QXLImage image;
	uint8_t pixels[];
};

struct box {
	uint32_t left, top, right, bottom;
};

/* The interfaces of libspice-server carry no pointer of ours. */
static struct {
	SpiceTimer *timers;
	SpiceWatch *watches;
	pthread_mutex_t loop_lock; /* adding: other threads do that too */

	struct command *queue[QUEUE];
	uint32_t head, tail;
	pthread_mutex_t queue_lock;
	QXLInstance display;
	uint64_t images;

	struct frames frames;
	struct stage *stage;
	bool columns;
	uint32_t *screen, *mirror, *primary;
	uint8_t *dirty; /* by tile */
	struct box *boxes;
	uint32_t cols, rows;
} g = { .loop_lock = PTHREAD_MUTEX_INITIALIZER,
	.queue_lock = PTHREAD_MUTEX_INITIALIZER };

static void *need(void *memory)
{
	if (!memory) {
		fprintf(stderr, "oriel-bench-spice: out of memory\n");
		exit(1);
	}
	return memory;
}

/* ---- the loop */

static SpiceTimer *timer_add(SpiceTimerFunc call, void *user)
{
	SpiceTimer *t = need(calloc(1, sizeof(*t)));
	t->call = call;
	t->user = user;
	pthread_mutex_lock(&g.loop_lock);
	t->next = g.timers;
	g.timers = t;
	pthread_mutex_unlock(&g.loop_lock);
	return t;
}

static void timer_start(SpiceTimer *t, uint32_t ms)
{
	t->due = stage_now() + (uint64_t)ms * MS + 1;
}

static void timer_cancel(SpiceTimer *t)
{
	t->due = 0;
}

static void timer_remove(SpiceTimer *t)
{
	t->due = 0;
	t->dead = true;
}

static SpiceWatch *watch_add(int fd, int mask, SpiceWatchFunc call, void *user)
{
	SpiceWatch *w = need(calloc(1, sizeof(*w)));
	w->fd = fd;
	w->mask = mask;
	w->call = call;
	w->user = user;
	pthread_mutex_lock(&g.loop_lock);
	w->next = g.watches;
	g.watches = w;
	pthread_mutex_unlock(&g.loop_lock);
	return w;
}

static void watch_update(SpiceWatch *w, int mask)
{
	w->mask = mask;
}

static void watch_remove(SpiceWatch *w)
{
	w->mask = 0;
	w->dead = true;
}

static void channel_event(int event, SpiceChannelEventInfo *info)
{
	(void)event;
	(void)info;
}

static SpiceCoreInterface core = {
	.base = { .major_version = SPICE_INTERFACE_CORE_MAJOR,
			.minor_version = SPICE_INTERFACE_CORE_MINOR },
	.timer_add = timer_add,
	.timer_start = timer_start,
	.timer_cancel = timer_cancel,
	.timer_remove = timer_remove,
	.watch_add = watch_add,
	.watch_update_mask = watch_update,
	.watch_remove = watch_remove,
	.channel_event = channel_event,
};

static nfds_t gather(struct pollfd *fds, SpiceWatch **of)
{
	nfds_t n = 0;
	for (SpiceWatch **p = &g.watches; *p;) {
		SpiceWatch *w = *p;
		if (w->dead) {
			*p = w->next;
			free(w);
			continue;
		}
		if (w->mask && n < WATCHES) {
			fds[n] = (struct pollfd){ .fd = w->fd };
			if (w->mask & SPICE_WATCH_EVENT_READ)
				fds[n].events |= POLLIN;
			if (w->mask & SPICE_WATCH_EVENT_WRITE)
				fds[n].events |= POLLOUT;
			of[n++] = w;
		}
		p = &w->next;
	}
	return n;
}

static uint64_t next_timer(uint64_t next)
{
	for (SpiceTimer **p = &g.timers; *p;) {
		SpiceTimer *t = *p;
		if (t->dead) {
			*p = t->next;
			free(t);
			continue;
		}
		if (t->due && t->due < next)
			next = t->due;
		p = &t->next;
	}
	return next;
}

static void turn(void)
{
	struct pollfd fds[WATCHES];
	SpiceWatch *of[WATCHES];
	pthread_mutex_lock(&g.loop_lock);
	nfds_t n = gather(fds, of);
	uint64_t now = stage_now(), next = next_timer(now + IDLE_NS);
	pthread_mutex_unlock(&g.loop_lock);
	int ready = poll(fds, n, next > now ? (int)((next - now) / MS) + 1 : 0);
	now = stage_now();
	for (SpiceTimer *t = g.timers; t; t = t->next)
		if (!t->dead && t->due && t->due <= now) {
			t->due = 0;
			t->call(t->user);
		}
	for (nfds_t i = 0; ready > 0 && i < n; i++) {
		int events = 0;
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			events |= SPICE_WATCH_EVENT_READ;
		if (fds[i].revents & POLLOUT)
			events |= SPICE_WATCH_EVENT_WRITE;
		events &= of[i]->mask;
		if (!of[i]->dead && events)
			of[i]->call(of[i]->fd, events, of[i]->user);
	}
}

/* ---- the display's interface */

static void attached(QXLInstance *q)
{
	static QXLDevMemSlot slot = { .virt_end = ~(uintptr_t)0,
		.qxl_ram_size = ~(uint32_t)0 };
	spice_qxl_add_memslot(q, &slot);
}

static void set_level(QXLInstance *q, int level)
{
	(void)q;
	(void)level;
}

static void init_info(QXLInstance *q, QXLDevInitInfo *info)
{
	(void)q;
	memset(info, 0, sizeof(*info));
	info->num_memslots = 1;
	info->num_memslots_groups = 1;
	info->memslot_id_bits = 1;
	info->memslot_gen_bits = 1;
	info->n_surfaces = 1;
}

static int get_command(QXLInstance *q, QXLCommandExt *ext)
{
	int any;
	(void)q;
	pthread_mutex_lock(&g.queue_lock);
	any = g.head != g.tail;
	if (any)
		*ext = g.queue[g.head++ % QUEUE]->ext;
	pthread_mutex_unlock(&g.queue_lock);
	return any;
}

static bool queue_empty(void)
{
	pthread_mutex_lock(&g.queue_lock);
	bool empty = g.head == g.tail;
	pthread_mutex_unlock(&g.queue_lock);
	return empty;
}

static int ask_notification(QXLInstance *q)
{
	(void)q;
	return queue_empty();
}

static void release(QXLInstance *q, QXLReleaseInfoExt info)
{
	(void)q;
	if (info.info)
		free((void *)(uintptr_t)info.info->id);
}

static int no_cursor(QXLInstance *q, QXLCommandExt *ext)
{
	(void)q;
	(void)ext;
	return 0;
}

static int ask_cursor(QXLInstance *q)
{
	(void)q;
	return 1;
}

static void updated(QXLInstance *q, uint32_t id)
{
	(void)q;
	(void)id;
}

static int flush(QXLInstance *q)
{
	(void)q;
	return 0;
}

static void async_done(QXLInstance *q, uint64_t cookie)
{
	(void)q;
	(void)cookie;
}

static void area_done(QXLInstance *q, uint32_t id, QXLRect *rects, uint32_t n)
{
	(void)q;
	(void)id;
	(void)rects;
	(void)n;
}

static void capabilities(QXLInstance *q, uint8_t present,
		uint8_t caps[SPICE_CAPABILITIES_SIZE])
{
	(void)q;
	(void)present;
	(void)caps;
}

static QXLInterface interface = {
	.base = { .type = SPICE_INTERFACE_QXL,
			.description = "trace",
			.major_version = SPICE_INTERFACE_QXL_MAJOR,
			.minor_version = SPICE_INTERFACE_QXL_MINOR },
	.attached_worker = attached,
	.set_compression_level = set_level,
	.get_init_info = init_info,
	.get_command = get_command,
	.req_cmd_notification = ask_notification,
	.release_resource = release,
	.get_cursor_command = no_cursor,
	.req_cursor_notification = ask_cursor,
	.notify_update = updated,
	.flush_resources = flush,
	.async_complete = async_done,
	.update_area_complete = area_done,
	.set_client_capabilities = capabilities,
};

/* ---- commands */

static void push(struct box b)
{
	uint32_t width = b.right - b.left, height = b.bottom - b.top;
	struct command *c = need(
			calloc(1, sizeof(*c) + (size_t)width * height * 4));
	for (uint32_t y = 0; y < height; y++)
		memcpy(c->pixels + (size_t)y * width * 4,
				g.screen +
						(size_t)(b.top + y) *
								(size_t)g.frames.width +
						b.left,
				(size_t)width * 4);
	c->draw.release_info.id = (uintptr_t)c;
	c->draw.type = QXL_DRAW_COPY;
	c->draw.effect = QXL_EFFECT_OPAQUE;
	c->draw.clip.type = SPICE_CLIP_TYPE_NONE;
	c->draw.bbox = (QXLRect){ .left = (int32_t)b.left,
		.top = (int32_t)b.top,
		.right = (int32_t)b.right,
		.bottom = (int32_t)b.bottom };
	c->draw.mm_time = (uint32_t)(stage_now() / MS);
	for (int i = 0; i < 3; i++)
		c->draw.surfaces_dest[i] = -1;
	c->draw.u.copy.rop_descriptor = SPICE_ROPD_OP_PUT;
	c->draw.u.copy.src_bitmap = (uintptr_t)&c->image;
	c->draw.u.copy.src_area = (QXLRect){ .right = (int32_t)width,
		.bottom = (int32_t)height };
	QXL_SET_IMAGE_ID(&c->image, QXL_IMAGE_GROUP_DEVICE, ++g.images);
	c->image.descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
	c->image.descriptor.width = width;
	c->image.descriptor.height = height;
	c->image.bitmap.format = SPICE_BITMAP_FMT_32BIT;
	c->image.bitmap.flags = SPICE_BITMAP_FLAGS_TOP_DOWN | QXL_BITMAP_DIRECT;
	c->image.bitmap.x = width;
	c->image.bitmap.y = height;
	c->image.bitmap.stride = width * 4;
	c->image.bitmap.data = (uintptr_t)c->pixels;
	c->ext.cmd.data = (uintptr_t)&c->draw;
	c->ext.cmd.type = QXL_CMD_DRAW;
	pthread_mutex_lock(&g.queue_lock);
	if (g.tail - g.head < QUEUE)
		g.queue[g.tail++ % QUEUE] = c;
	else
		free(c); /* commands wait for an empty queue: cannot be */
	pthread_mutex_unlock(&g.queue_lock);
}

static void push_columns(void)
{
	uint32_t width = (uint32_t)g.frames.width;
	uint32_t height = (uint32_t)g.frames.height;
	for (uint32_t left = 0; left < width; left += COLUMN) {
		uint32_t right = left + COLUMN < width ? left + COLUMN : width;
		struct box b = { left, height, right, height };
		for (uint32_t y = 0; y <= height; y++) {
			size_t at = (size_t)y * width + left;
			bool same = y == height ||
				    !memcmp(g.screen + at, g.mirror + at,
						    (right - left) * 4);
			if (!same && b.top == height) {
				b.top = y;
			} else if (same && b.top < height) {
				b.bottom = y;
				push(b);
				b.top = height;
			}
		}
	}
	memcpy(g.mirror, g.screen, (size_t)width * height * 4);
}

static size_t runs_of_tiles(void)
{
	uint32_t width = (uint32_t)g.frames.width;
	uint32_t height = (uint32_t)g.frames.height;
	size_t n = 0;
	for (uint32_t y = 0; y < g.rows; y++)
		for (uint32_t x = 0; x < g.cols; x++) {
			uint32_t end = x, bottom = (y + 1) * TILE;
			while (end < g.cols && g.dirty[y * g.cols + end])
				end++;
			if (end == x)
				continue;
			g.boxes[n++] = (struct box){ x * TILE, y * TILE,
				end * TILE < width ? end * TILE : width,
				bottom < height ? bottom : height };
			x = end;
		}
	return n;
}

static bool join(struct box *a, const struct box *b)
{
	if (a->left > b->right || b->left > a->right || a->top > b->bottom ||
			b->top > a->bottom)
		return false;
	a->left = b->left < a->left ? b->left : a->left;
	a->top = b->top < a->top ? b->top : a->top;
	a->right = b->right > a->right ? b->right : a->right;
	a->bottom = b->bottom > a->bottom ? b->bottom : a->bottom;
	return true;
}

static void push_boxes(void)
{
	size_t n = runs_of_tiles();
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < n; i++)
			for (size_t k = i + 1; k < n;) {
				if (!join(&g.boxes[i], &g.boxes[k])) {
					k++;
					continue;
				}
				g.boxes[k] = g.boxes[--n];
				again = true;
			}
	}
	for (size_t i = 0; i < n; i++)
		push(g.boxes[i]);
	memset(g.dirty, 0, (size_t)g.cols * g.rows);
}

static void add_damage(uint32_t i)
{
	const struct frame *f = &g.frames.frame[i];
	for (uint32_t k = 0; k < f->rects; k++) {
		const struct frame_rect *r = &g.frames.rect[f->first + k];
		uint32_t right = (uint32_t)(r->x + r->width - 1) / TILE;
		uint32_t bottom = (uint32_t)(r->y + r->height - 1) / TILE;
		for (uint32_t y = (uint32_t)r->y / TILE; y <= bottom; y++)
			for (uint32_t x = (uint32_t)r->x / TILE; x <= right;
					x++)
				g.dirty[y * g.cols + x] = 1;
	}
}

static bool try_push(void)
{
	if (!queue_empty())
		return false;
	if (g.columns)
		push_columns();
	else
		push_boxes();
	spice_qxl_wakeup(&g.display);
	return true;
}

static bool present(uint32_t i)
{
	frames_apply(&g.frames, i, g.screen, (size_t)g.frames.width);
	add_damage(i);
	g.stage->frame[i].submit = stage_now();
	bool pushed = try_push();
	g.stage->frame[i].done = stage_now();
	return pushed;
}

/* Frames wait for their time; damage that is left over does not. */
static bool push_rest(bool pushed, uint64_t until)
{
	while (!pushed && !g.stage->stop && stage_now() + 2 * MS < until) {
		stage_sleep_until(stage_now() + 2 * MS);
		pushed = try_push();
	}
	return pushed;
}

static void *player(void *unused)
{
	struct stage *s = g.stage;
	bool pushed = present(0);
	s->ready = true;
	pushed = push_rest(pushed, UINT64_MAX);
	uint64_t start = stage_wait_go(s);
	double cpu = stage_thread_cpu();
	for (uint32_t i = 1; start && i < g.frames.n; i++) {
		uint64_t due = start + g.frames.frame[i].time;
		pushed = push_rest(pushed, s->slow_motion ? UINT64_MAX : due);
		if (!stage_wait(s, &g.frames, i, start))
			break;
		pushed = present(i);
	}
	s->player_cpu = stage_thread_cpu() - cpu;
	s->played = true;
	(void)push_rest(pushed, UINT64_MAX);
	return unused;
}

/* ---- the program */

static void prepare(const char *path)
{
	if (frames_open(&g.frames, path))
		exit(1);
	g.stage = stage_map(STDIN_FILENO);
	if (!g.stage || g.stage->magic != STAGE_MAGIC ||
			g.stage->n != g.frames.n) {
		fprintf(stderr, "oriel-bench-spice: to be started by "
				"oriel-bench\n");
		exit(2);
	}
	size_t area = (size_t)g.frames.width * (size_t)g.frames.height;
	g.cols = ((uint32_t)g.frames.width + TILE - 1) / TILE;
	g.rows = ((uint32_t)g.frames.height + TILE - 1) / TILE;
	g.screen = need(calloc(area, 4));
	g.primary = need(calloc(area, 4));
	g.mirror = need(malloc(area * 4));
	memset(g.mirror, 0x55, area * 4);
	g.dirty = need(calloc(g.cols, g.rows));
	g.boxes = need(calloc((size_t)g.cols * g.rows, sizeof(*g.boxes)));
}

static void serve(const char *address, int port)
{
	SpiceServer *s = need(spice_server_new());
	spice_server_set_addr(s, address, 0);
	spice_server_set_port(s, port);
	spice_server_set_noauth(s);
	spice_server_set_image_compression(s, SPICE_IMAGE_COMPRESSION_AUTO_GLZ);
	spice_server_set_jpeg_compression(s, SPICE_WAN_COMPRESSION_AUTO);
	spice_server_set_zlib_glz_compression(s, SPICE_WAN_COMPRESSION_AUTO);
	spice_server_set_streaming_video(s, SPICE_STREAM_VIDEO_FILTER);
	g.display.base.sif = &interface.base;
	if (spice_server_init(s, &core) ||
			spice_server_add_interface(s, &g.display.base)) {
		fprintf(stderr,
				"oriel-bench-spice: libspice-server cannot "
				"listen on %s port %d\n",
				address, port);
		exit(1);
	}
	QXLDevSurfaceCreate surface = { .width = (uint32_t)g.frames.width,
		.height = (uint32_t)g.frames.height,
		.stride = g.frames.width * 4,
		.format = SPICE_SURFACE_FMT_32_xRGB,
		.mouse_mode = 1,
		.type = QXL_SURF_TYPE_PRIMARY,
		.mem = (uintptr_t)g.primary };
	spice_qxl_create_primary_surface(&g.display, 0, &surface);
	spice_server_vm_start(s);
}

static const char *option(int argc, char **argv, const char *name)
{
	size_t n = strlen(name);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, n) == 0)
			return argv[i] + n;
	return "";
}

int main(int argc, char **argv)
{
	pthread_t thread;
	const char *path = option(argc, argv, "--frames=");
	int port = atoi(option(argc, argv, "--port="));
	if (!*path || port < 1) {
		fprintf(stderr, "oriel-bench-spice: to be started by "
				"oriel-bench\n");
		return 2;
	}
	g.columns = strcmp(option(argc, argv, "--shape="), "columns") == 0;
	signal(SIGPIPE, SIG_IGN);
	prepare(path);
	serve(option(argc, argv, "--address="), port);
	if (pthread_create(&thread, NULL, player, NULL))
		return 1;
	for (;;)
		turn();
}
