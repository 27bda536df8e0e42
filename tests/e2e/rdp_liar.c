/*
 * rdp_liar.c - an RDP server that misbehaves, for far.sh; one client after the
 * other gets the same. It is libfreerdp2's own server, so what it says comes
 * through TLS and is RDP as far as that can be.
 *
 *	rdp_liar PORT CERTIFICATE KEY HOW
 *
 * well     behaves, so that the others can be compared with something
 * outside  draws outside its screen; sizes: another size with every frame
 * huge     has 65535 x 65535 pixels; cursor: so has its pointer
 * rects    pictures of one pixel for ever; hangup: hangs up in a picture
 * garbage  says what is not even TLS, after a picture
 * text     has a clipboard of 16 MiB, and another one, and another one
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <freerdp/channels/channels.h>
#include <freerdp/channels/wtsvc.h>
#include <freerdp/freerdp.h>
#include <freerdp/peer.h>
#include <winpr/synch.h>
#include <winpr/wlog.h>

enum {
	WIDTH = 320,
	HEIGHT = 200,
	TILE = 32,
	TEXT = 16 << 20,
	STEP_MS = 20,
	SETTLE = 10,
	CB_READY = 1,
	CB_FORMATS = 2,
	CB_DATA = 5,
	CB_OK = 1,
	CF_UNICODE = 13,
};

static const char *how;
static unsigned step;   /* of this client */
static unsigned active; /* steps since it has its size */

static bool is(const char *word)
{
	return strcmp(how, word) == 0;
}

/* A tile of one colour. */
static bool draw(freerdp_peer *peer, UINT32 x, UINT32 y, uint8_t shade)
{
	static BYTE pixels[TILE * TILE * 4];
	BITMAP_DATA tile = { .destLeft = x,
		.destTop = y,
		.destRight = x + TILE - 1,
		.destBottom = y + TILE - 1,
		.width = TILE,
		.height = TILE,
		.bitsPerPixel = 32,
		.bitmapLength = sizeof(pixels),
		.bitmapDataStream = pixels };
	BITMAP_UPDATE update = { .count = 1,
		.number = 1,
		.rectangles = &tile,
		.skipCompression = TRUE };

	memset(pixels, shade, sizeof(pixels));
	return peer->update->BitmapUpdate(peer->context, &update);
}

static bool picture(freerdp_peer *peer)
{
	bool ok = true;

	for (UINT32 y = 0; y + TILE <= HEIGHT; y += TILE)
		for (UINT32 x = 0; x + TILE <= WIDTH; x += TILE)
			ok = draw(peer, x, y, (uint8_t)(x + y)) && ok;
	return ok;
}

static void point(freerdp_peer *peer)
{
	BYTE mask[64] = { 0 };
	POINTER_NEW_UPDATE update = { .xorBpp = 32,
		.colorPtrAttr = { .width = 65535,
				.height = 65535,
				.xPos = 65535,
				.yPos = 65535,
				.lengthAndMask = sizeof(mask),
				.lengthXorMask = sizeof(mask),
				.andMaskData = mask,
				.xorMaskData = mask } };

	peer->update->pointer->PointerNew(peer->context, &update);
}

static void put(freerdp_peer *peer, UINT16 kind, UINT16 flags, const void *data,
		UINT32 n)
{
	UINT16 channel = WTSChannelGetId(peer, "cliprdr");
	uint8_t *bytes = calloc(1, n + 12);

	if (bytes) {
		memcpy(bytes, &kind, 2);
		memcpy(bytes + 2, &flags, 2);
		memcpy(bytes + 4, &n, 4);
		if (n)
			memcpy(bytes + 8, data, n);
		peer->SendChannelData(peer, channel, bytes, n + 12);
	}
	free(bytes);
}

/* Asked or not. */
static void copy(freerdp_peer *peer)
{
	static uint8_t text[TEXT];
	const uint8_t formats[6] = { CF_UNICODE };

	for (size_t i = 0; i < sizeof(text); i += 2)
		text[i] = 'A';
	put(peer, CB_READY, 0, NULL, 0);
	put(peer, CB_FORMATS, 0, formats, sizeof(formats));
	put(peer, CB_DATA, CB_OK, text, sizeof(text));
}

static void resize(freerdp_peer *peer, UINT32 width, UINT32 height)
{
	peer->settings->DesktopWidth = width;
	peer->settings->DesktopHeight = height;
	peer->update->DesktopResize(peer->context);
	active = 1;
}

static bool tick(freerdp_peer *peer)
{
	step++;
	if (is("outside"))
		return draw(peer, step * 977 % 65535, step * 769 % 65535, 7);
	if (is("rects")) {
		for (int i = 0; i < 500; i++)
			if (!draw(peer, 0, 0, (uint8_t)i))
				return false;
	} else if (is("sizes")) {
		resize(peer, WIDTH + step % 200, HEIGHT + step % 100);
	} else if (is("cursor") && step == 20) {
		point(peer);
	} else if (is("text")) {
		copy(peer);
	} else if (is("hangup") && step == 20) {
		return false;
	} else if (is("garbage") && step == 20) {
		return send(peer->sockfd, "no TLS at all\n", 14, MSG_NOSIGNAL) >
		       0;
	}
	return true;
}

static BOOL yes(freerdp_peer *peer)
{
	(void)peer;
	return TRUE;
}

static BOOL on_active(freerdp_peer *peer)
{
	(void)peer;
	active = 1;
	return TRUE;
}

static bool prepare(
		freerdp_peer *peer, const char *certificate, const char *key)
{
	rdpSettings *s;

	if (!freerdp_peer_context_new(peer))
		return false;
	s = peer->settings;
	s->CertificateFile = strdup(certificate);
	s->PrivateKeyFile = strdup(key);
	s->RdpSecurity = FALSE;
	s->NlaSecurity = FALSE;
	s->TlsSecurity = TRUE;
	s->ColorDepth = 32;
	s->MultifragMaxRequestSize = 0xffffff;
	peer->PostConnect = yes;
	peer->Activate = on_active;
	return peer->Initialize(peer);
}

static void serve(int fd, const char *certificate, const char *key)
{
	freerdp_peer *peer = freerdp_peer_new(fd);
	HANDLE handles[32];
	DWORD n;

	step = active = 0;
	if (!peer || !prepare(peer, certificate, key))
		exit(1);
	for (;;) {
		n = peer->GetEventHandles(peer, handles, 32);
		if (!n)
			break;
		WaitForMultipleObjects(n, handles, FALSE, STEP_MS);
		if (!peer->CheckFileDescriptor(peer))
			break;
		/* A new size it has to agree to. */
		if (!active || active++ < SETTLE)
			continue;
		if (!step) {
			resize(peer, is("huge") ? 65535 : WIDTH,
					is("huge") ? 65535 : HEIGHT);
			step = 1;
			continue;
		}
		if (step == 1 && !picture(peer))
			break;
		if (!tick(peer))
			break;
	}
	peer->Disconnect(peer);
	freerdp_peer_context_free(peer);
	freerdp_peer_free(peer);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd, one = 1;

	if (argc != 5)
		return 2;
	how = argv[4];
	signal(SIGPIPE, SIG_IGN);
	WTSRegisterWtsApiFunctionTable(FreeRDP_InitWtsApi());
	WLog_SetLogLevel(WLog_GetRoot(), WLOG_ERROR);
	at.sin_port = htons((uint16_t)atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
			listen(fd, 5) < 0)
		return 1;
	puts("listening");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0)
			serve(client, argv[2], argv[3]);
	}
}
