/*
 * fuzz_rdp.c - any bytes as what an RDP server makes libfreerdp2 tell us, or
 * hand us: rectangles, sizes, pointers, texts, sounds, channels that come and
 * go. The painter behind it is the library's own. What the helper would tell
 * oriel-serve must be what that accepts.
 */
#include <stdlib.h>
#include <string.h>

#include <freerdp/addin.h>
#include <freerdp/client/rdpsnd.h>
#include <freerdp/gdi/gdi.h>
#include <freerdp/gdi/region.h>
#include <freerdp/graphics.h>
#include <winpr/wlog.h>

#include "capture/far/rdp.h"
#include "tests/fuzz/far_master.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS = 200, PIXEL_BYTES = 64 << 10 };

static const uint8_t *next, *end;
static rdpsndDevicePlugin *card;
static BYTE bytes[PIXEL_BYTES]; /* as pixels of a pointer */

static uint32_t take(size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= next < end ? (uint32_t)*next++ << 8 * i : 0;
	return v;
}

/* n bytes, in a block of their own. */
static uint8_t *take_block(size_t n)
{
	uint8_t *block = calloc(1, n ? n : 1);

	if (!block)
		abort();
	for (size_t i = 0; i < n && next < end; i++)
		block[i] = *next++;
	return block;
}

void orl_helper_damage(struct orl_helper *h, int32_t x, int32_t y,
		int32_t width, int32_t height)
{
	if (x < 0 || y < 0 || width < 1 || height < 1 || width > h->width - x ||
			height > h->height - y ||
			h->rect_count == ORL_FAR_RECTS)
		abort();
	h->rects[h->rect_count++] = (struct oriel_rect){ x, y, width, height };
}

/* ---- pictures ---------------------------------------------------------- */

static void paint(rdpContext *context)
{
	HGDI_DC hdc = context->gdi->primary->hdc;
	uint32_t n = take(1) * 2;

	context->update->BeginPaint(context);
	while (n-- && next < end) {
		int16_t v[4];

		for (int i = 0; i < 4; i++)
			v[i] = (int16_t)take(2);
		gdi_InvalidateRegion(hdc, v[0], v[1], v[2], v[3]);
	}
	/* And what no painter says. */
	if (hdc->hwnd->ninvalid && take(1) & 1)
		hdc->hwnd->cinvalid[0].w = (INT32)take(4);
	context->update->EndPaint(context);
}

static void point(rdpContext *context)
{
	const rdpPointer *like = &context->graphics->Pointer_Prototype[0];
	rdpPointer *p = calloc(1, like->size);
	uint32_t x;

	if (!p)
		abort();
	p->width = take(2);
	p->height = take(2);
	p->xPos = take(2);
	p->yPos = take(2);
	p->xorBpp = take(1);
	/* As the library reads them: as long as that asks for, or refused. */
	p->lengthXorMask = take(3) % PIXEL_BYTES;
	p->lengthAndMask = take(3) % PIXEL_BYTES;
	p->xorMaskData = p->andMaskData = bytes;
	if (like->New(context, p) && like->Set)
		like->Set(context, p);
	like->Free(context, p);
	free(p);
	like->SetNull(context);
	like->SetDefault(context);
	x = take(2);
	like->SetPosition(context, x, take(2));
}

static void resize(rdpContext *context)
{
	context->settings->DesktopWidth = take(2);
	context->settings->DesktopHeight = take(2);
	context->update->DesktopResize(context);
}

/* ---- texts ------------------------------------------------------------- */

static UINT to_server_list(
		CliprdrClientContext *c, const CLIPRDR_FORMAT_LIST *l)
{
	return c && l->numFormats < 2 ? CHANNEL_RC_OK : CHANNEL_RC_NO_MEMORY;
}

static UINT to_server_caps(
		CliprdrClientContext *c, const CLIPRDR_CAPABILITIES *caps)
{
	return c && caps ? CHANNEL_RC_OK : CHANNEL_RC_NO_MEMORY;
}

static UINT to_server_response(
		CliprdrClientContext *c, const CLIPRDR_FORMAT_LIST_RESPONSE *r)
{
	return c && r ? CHANNEL_RC_OK : CHANNEL_RC_NO_MEMORY;
}

static UINT to_server_request(
		CliprdrClientContext *c, const CLIPRDR_FORMAT_DATA_REQUEST *r)
{
	return c && r ? CHANNEL_RC_OK : CHANNEL_RC_NO_MEMORY;
}

static UINT to_server_data(
		CliprdrClientContext *c, const CLIPRDR_FORMAT_DATA_RESPONSE *r)
{
	static volatile uint8_t sum;

	for (UINT32 i = 0; c && i < r->dataLen; i++)
		sum = (uint8_t)(sum ^ r->requestedFormatData[i]);
	return CHANNEL_RC_OK;
}

static void clip(CliprdrClientContext *c, struct orl_rdp *r)
{
	uint32_t n = take(1);
	uint32_t first = take(1), second = take(1), wanted = take(1);
	CLIPRDR_FORMAT formats[4] = { { .formatId = first },
		{ .formatId = second } };
	CLIPRDR_FORMAT_LIST list = { .numFormats = n % 4, .formats = formats };
	CLIPRDR_FORMAT_DATA_REQUEST request = { .requestedFormatId = wanted };
	CLIPRDR_FORMAT_DATA_RESPONSE response = { .msgFlags = (UINT16)take(1) };
	CLIPRDR_MONITOR_READY ready = { .msgType = CB_MONITOR_READY };
	uint8_t *data;

	if (!c->MonitorReady)
		return;
	switch (n >> 4) {
	case 0:
		c->ServerCapabilities(c, NULL);
		c->MonitorReady(c, &ready);
		c->ServerFormatListResponse(c, NULL);
		break;
	case 1:
		c->ServerFormatList(c, &list);
		break;
	case 2:
		c->ServerFormatDataRequest(c, &request);
		break;
	case 3:
		response.dataLen = take(1) + 1;
		data = take_block(response.dataLen);
		data[response.dataLen - 1] = 0;
		/* It becomes the callee's. */
		orl_rdp_ops.paste(r, (char *)data, strlen((char *)data));
		break;
	default:
		response.dataLen = take(2);
		data = take_block(response.dataLen);
		response.requestedFormatData = data;
		c->ServerFormatDataResponse(c, &response);
		free(data);
	}
}

/* ---- sounds ------------------------------------------------------------ */

static void take_card(rdpsndPlugin *plugin, rdpsndDevicePlugin *device)
{
	(void)plugin;
	card = device;
}

static void sound(void)
{
	uint32_t tag = take(1), channels = take(2), rate = take(4);
	AUDIO_FORMAT format = { .wFormatTag = (UINT16)tag,
		.nChannels = (UINT16)channels,
		.nSamplesPerSec = rate,
		.wBitsPerSample = (UINT16)take(1) };
	AUDIO_FORMAT other = { 0 };
	size_t n = take(2);
	uint8_t *data = take_block(n);

	if (card->DefaultFormat(card, &format, &other) && take(1) & 1)
		format = other;
	card->Open(card, &format, 0);
	card->Play(card, data, n);
	card->SetVolume(card, take(4));
	card->GetVolume(card);
	card->Close(card);
	card->Play(card, data, n);
	free(data);
}

/* ---- channels ---------------------------------------------------------- */

static UINT send_layout(DispClientContext *disp, UINT32 n,
		DISPLAY_CONTROL_MONITOR_LAYOUT *monitors)
{
	if (!disp || n != 1 || monitors->Width % 2 || monitors->Width < 200 ||
			monitors->Width > 8192 || monitors->Height < 200 ||
			monitors->Height > 8192)
		abort();
	return CHANNEL_RC_OK;
}

static void channel(struct orl_rdp *r, DispClientContext *disp,
		CliprdrClientContext *clipboard)
{
	static const char *const names[] = { DISP_DVC_CHANNEL_NAME,
		CLIPRDR_SVC_CHANNEL_NAME, "drdynvc", "" };
	uint32_t which = take(1);
	int32_t width;
	const char *name = names[which % 4];
	ChannelConnectedEventArgs here = { .name = name,
		.pInterface = which % 4 ? (void *)clipboard : (void *)disp };
	ChannelDisconnectedEventArgs gone = { .name = name,
		.pInterface = here.pInterface };

	if (which & 4)
		orl_rdp_channel_gone(r->context, &gone);
	else
		orl_rdp_channel_here(r->context, &here);
	if (which & 8 && disp->DisplayControlCaps)
		disp->DisplayControlCaps(disp, take(4), 0, 0);
	width = (int32_t)take(2);
	orl_rdp_ops.size(r, width, (int32_t)take(2));
}

/* ------------------------------------------------------------------------ */

static void steps(struct orl_rdp *r)
{
	rdpContext *context = r->context;
	CliprdrClientContext clipboard = { .ClientFormatList = to_server_list,
		.ClientCapabilities = to_server_caps,
		.ClientFormatListResponse = to_server_response,
		.ClientFormatDataRequest = to_server_request,
		.ClientFormatDataResponse = to_server_data };
	DispClientContext disp = { .SendMonitorLayout = send_layout };

	for (int i = 0; i < STEPS && next < end; i++)
		switch (take(1) % 7) {
		case 0:
			paint(context);
			break;
		case 1:
			point(context);
			break;
		case 2:
			resize(context);
			break;
		case 3:
			clip(&clipboard, r);
			break;
		case 4:
			sound();
			break;
		case 5:
			channel(r, &disp, &clipboard);
			break;
		default:
			context->update->SetKeyboardIndicators(
					context, (UINT16)take(2));
			context->update->PlaySound(context, NULL);
			context->update->SetKeyboardImeStatus(context, 0, 0, 0);
			context->update->ServerStatusInfo(context, take(4));
			orl_rdp_ops.answered(r);
		}
}

static freerdp *create(struct orl_rdp *r)
{
	freerdp *instance = freerdp_new();
	FREERDP_RDPSND_DEVICE_ENTRY_POINTS points = {
		.pRegisterRdpsndDevice = take_card
	};
	PVIRTUALCHANNELENTRY entry;

	WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
	instance->ContextSize = sizeof(struct orl_rdp_context);
	if (!freerdp_context_new(instance))
		abort();
	r->context = instance->context;
	((struct orl_rdp_context *)(void *)r->context)->rdp = r;
	orl_rdp_sound_init(r);
	if (!orl_rdp_sound_add(instance->settings))
		abort();
	entry = freerdp_load_channel_addin_entry("rdpsnd", "oriel", NULL, 0);
	if (!entry || ((PFREERDP_RDPSND_DEVICE_ENTRY)(void (*)(void))entry)(
				      &points) != CHANNEL_RC_OK)
		abort();
	return instance;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct orl_rdp rdp;
	static freerdp *instance;
	rdpContext *context;

	if (!instance)
		instance = create(&rdp);
	context = rdp.context;
	memset(&rdp, 0, sizeof(rdp));
	rdp.context = context;
	pthread_mutex_init(&rdp.paint, NULL);
	pthread_mutex_init(&rdp.talk, NULL);
	instance->settings->DesktopWidth = 64;
	instance->settings->DesktopHeight = 48;
	instance->settings->ColorDepth = 32;
	if (!orl_rdp_paint_begin(instance))
		abort();
	next = data;
	end = data + size;
	if (!setjmp(stop))
		steps(&rdp);
	orl_rdp_paint_end(instance);
	free(rdp.paste);
	return 0;
}
