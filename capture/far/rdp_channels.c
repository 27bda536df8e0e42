/*
 * rdp_channels.c - what an RDP server has beside its pictures: the graphics
 * pipeline, a size that can be asked for, a clipboard.
 */
#include <string.h>

#include <freerdp/client/rdpgfx.h>
#include <freerdp/gdi/gfx.h>

#include "capture/far/rdp.h"

/* The talk lock is held. */
static void send_size(struct orl_rdp *r)
{
	DISPLAY_CONTROL_MONITOR_LAYOUT monitor = {
		.Flags = DISPLAY_CONTROL_MONITOR_PRIMARY,
		.Width = (UINT32)r->want_width & ~1u,
		.Height = (UINT32)r->want_height,
		.DesktopScaleFactor = 100,
		.DeviceScaleFactor = 100,
	};

	if (!r->disp || !r->disp_ready || !r->want_width ||
			monitor.Width < DISPLAY_CONTROL_MIN_MONITOR_WIDTH ||
			monitor.Height < DISPLAY_CONTROL_MIN_MONITOR_HEIGHT ||
			monitor.Width > DISPLAY_CONTROL_MAX_MONITOR_WIDTH ||
			monitor.Height > DISPLAY_CONTROL_MAX_MONITOR_HEIGHT)
		return;
	r->want_width = 0;
	r->disp->SendMonitorLayout(r->disp, 1, &monitor);
}

void orl_rdp_size(void *user, int32_t width, int32_t height)
{
	struct orl_rdp *r = user;

	pthread_mutex_lock(&r->talk);
	r->want_width = width;
	r->want_height = height;
	send_size(r);
	pthread_mutex_unlock(&r->talk);
}

static UINT disp_caps(
		DispClientContext *disp, UINT32 monitors, UINT32 a, UINT32 b)
{
	struct orl_rdp *r = disp->custom;

	(void)monitors;
	(void)a;
	(void)b;
	pthread_mutex_lock(&r->talk);
	r->disp_ready = true;
	send_size(r);
	pthread_mutex_unlock(&r->talk);
	return CHANNEL_RC_OK;
}

void orl_rdp_channel_here(void *context, ChannelConnectedEventArgs *e)
{
	struct orl_rdp *r = orl_rdp_of(context);

	if (strcmp(e->name, RDPGFX_DVC_CHANNEL_NAME) == 0) {
		gdi_graphics_pipeline_init(r->context->gdi, e->pInterface);
		orl_helper_say(&r->helper, 0,
				"pictures come by the graphics pipeline");
	} else if (strcmp(e->name, DISP_DVC_CHANNEL_NAME) == 0) {
		DispClientContext *disp = e->pInterface;

		pthread_mutex_lock(&r->talk);
		disp->custom = r;
		disp->DisplayControlCaps = disp_caps;
		r->disp = disp;
		pthread_mutex_unlock(&r->talk);
	} else if (strcmp(e->name, CLIPRDR_SVC_CHANNEL_NAME) == 0) {
		orl_rdp_clip_here(r, e->pInterface);
	}
}

void orl_rdp_channel_gone(void *context, ChannelDisconnectedEventArgs *e)
{
	struct orl_rdp *r = orl_rdp_of(context);

	if (strcmp(e->name, RDPGFX_DVC_CHANNEL_NAME) == 0)
		gdi_graphics_pipeline_uninit(r->context->gdi, e->pInterface);
	pthread_mutex_lock(&r->talk);
	if (strcmp(e->name, DISP_DVC_CHANNEL_NAME) == 0) {
		r->disp = NULL;
		r->disp_ready = false;
	} else if (strcmp(e->name, CLIPRDR_SVC_CHANNEL_NAME) == 0) {
		r->clip = NULL;
		r->clip_ready = false;
	}
	pthread_mutex_unlock(&r->talk);
}
