/*
 * record_vnc.c - pictures of a VNC server, and so of a virtual machine that
 * has one (qemu -vnc). Only encodings without loss are asked for. The size may
 * not change: a recording has one. libvncclient is under the GPL: programs
 * only.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rfb/rfbclient.h>

#include "bench/record.h"
#include "bench/stage.h"

enum { US = 1000, SIDE_MAX = 8192, WORDS = 160, TIMEOUT_S = 10 };

struct vnc {
	rfbClient *client;
	struct subject *subject;
	bool changed, resized;
};

/* The library's own words, kept for the one line that an error gets. */
static char last_words[WORDS];

static void keep_words(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(last_words, sizeof(last_words), format, args);
	va_end(args);
	last_words[strcspn(last_words, "\r\n")] = 0;
	for (char *p = last_words; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
}

static void say_nothing(const char *format, ...)
{
	(void)format;
}

static struct vnc *own_of(rfbClient *c)
{
	return rfbClientGetClientData(c, (void *)(uintptr_t)own_of);
}

static rfbBool make_framebuffer(rfbClient *c)
{
	struct vnc *v = own_of(c);
	struct subject *s = v->subject;
	if (c->frameBuffer) {
		v->resized = c->width != s->width || c->height != s->height;
		return v->resized ? FALSE : TRUE;
	}
	if (c->width < 16 || c->height < 16 || c->width > SIDE_MAX ||
			c->height > SIDE_MAX) {
		keep_words("it has %d x %d pixels", c->width, c->height);
		return FALSE;
	}
	c->frameBuffer = calloc((size_t)c->width * (size_t)c->height, 4);
	s->width = s->stride = c->width;
	s->height = c->height;
	return c->frameBuffer ? TRUE : FALSE;
}

static void updated(rfbClient *c, int x, int y, int width, int height)
{
	(void)x;
	(void)y;
	(void)width;
	(void)height;
	own_of(c)->changed = true;
}

/* The library frees it. */
static char *password(rfbClient *c)
{
	const char *path = own_of(c)->subject->password_file;
	char line[256] = "";
	FILE *in = path ? fopen(path, "r") : NULL;
	bool have = in && fgets(line, sizeof(line), in);
	if (in)
		fclose(in);
	if (!have)
		keep_words("it wants a password: say --password-file=FILE");
	line[strcspn(line, "\r\n")] = 0;
	return have ? strdup(line) : NULL;
}

/* HOST:PORT, or the path of a socket. */
static int set_address(rfbClient *c, const char *name)
{
	const char *colon = strrchr(name, ':');
	char *end;
	if (*name == '/') {
		c->serverHost = strdup(name);
		c->serverPort = 0;
		return c->serverHost ? 0 : -1;
	}
	long port = colon ? strtol(colon + 1, &end, 10) : 0;
	if (!colon || colon == name || !colon[1] || *end || port < 1 ||
			port > 65535) {
		keep_words("say vnc:HOST:PORT or vnc:/SOCKET");
		return -1;
	}
	c->serverHost = strndup(name, (size_t)(colon - name));
	c->serverPort = (int)port;
	return c->serverHost ? 0 : -1;
}

static int open_vnc(struct subject *s, const char *name)
{
	struct vnc *v = calloc(1, sizeof(*v));
	rfbClient *c = v ? rfbGetClient(8, 3, 4) : NULL;
	s->own = v;
	if (!c)
		return -1;
	rfbClientLog = say_nothing;
	rfbClientErr = keep_words;
	v->subject = s;
	rfbClientSetClientData(c, (void *)(uintptr_t)own_of, v);
	c->format.redShift = 16;
	c->format.greenShift = 8;
	c->format.blueShift = 0;
	c->MallocFrameBuffer = make_framebuffer;
	c->canHandleNewFBSize = TRUE;
	c->GotFrameBufferUpdate = updated;
	c->GetPassword = password;
	c->appData.encodingsString = "zrle zlib hextile copyrect raw";
	c->appData.useRemoteCursor = FALSE;
	c->connectTimeout = c->readTimeout = TIMEOUT_S;
	free(c->serverHost);
	c->serverHost = NULL;
	if (set_address(c, name)) {
		rfbClientCleanup(c);
		c = NULL;
	}
	/* Frees the client when it fails. */
	if (!c || !rfbInitClient(c, NULL, NULL)) {
		fprintf(stderr, "oriel-bench: cannot record %s%s%s\n", name,
				*last_words ? ": " : "", last_words);
		return -1;
	}
	v->client = c;
	return 0;
}

static int wait_until(struct subject *s, uint64_t until)
{
	struct vnc *v = s->own;
	uint64_t now = stage_now();
	/* At least once: the server must be heard however late we are. */
	do {
		uint64_t left = until > now ? until - now : 0;
		int n = WaitForMessage(v->client, (unsigned)(left / US + 1));
		now = stage_now();
		if (n >= 0 && (!n || HandleRFBServerMessage(v->client)))
			continue;
		if (v->resized)
			fprintf(stderr,
					"oriel-bench: the desktop is %d x %d "
					"now; the recording ends here\n",
					v->client->width, v->client->height);
		else
			fprintf(stderr, "oriel-bench: the server has gone; "
					"the recording ends here\n");
		return 1;
	} while (now < until);
	return 0;
}

static const uint32_t *take(struct subject *s, bool any)
{
	struct vnc *v = s->own;
	/* The first picture is one: not before it is there. */
	if (!v->changed)
		return NULL;
	(void)any;
	v->changed = false;
	return (const uint32_t *)(const void *)v->client->frameBuffer;
}

static void end(struct subject *s)
{
	struct vnc *v = s->own;
	if (v && v->client) {
		free(v->client->frameBuffer);
		v->client->frameBuffer = NULL;
		rfbClientCleanup(v->client);
	}
	free(v);
}

const struct subject_kind subject_vnc = { open_vnc, wait_until, take, end };
