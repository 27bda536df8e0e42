/*
 * rdp_clip.c - text of an RDP server's clipboard, both ways: UTF-16 there,
 * fetched when one side has said that it has something new. Files and all
 * else stay where they are.
 */
#include <stdlib.h>
#include <string.h>

#include <winpr/string.h>
#include <winpr/user.h>

#include "capture/far/rdp.h"

/* ---- saying what there is ---------------------------------------------- */

static UINT send_formats(struct orl_rdp *r, CliprdrClientContext *clip)
{
	CLIPRDR_FORMAT text = { .formatId = CF_UNICODETEXT };
	CLIPRDR_FORMAT_LIST list = { .msgType = CB_FORMAT_LIST,
		.numFormats = r->paste ? 1 : 0,
		.formats = &text };

	return clip->ClientFormatList(clip, &list);
}

static UINT monitor_ready(
		CliprdrClientContext *clip, const CLIPRDR_MONITOR_READY *ready)
{
	struct orl_rdp *r = clip->custom;
	CLIPRDR_GENERAL_CAPABILITY_SET general = {
		.capabilitySetType = CB_CAPSTYPE_GENERAL,
		.capabilitySetLength = 12,
		.version = CB_CAPS_VERSION_2,
		.generalFlags = CB_USE_LONG_FORMAT_NAMES,
	};
	CLIPRDR_CAPABILITIES caps = { .cCapabilitiesSets = 1,
		.capabilitySets = (CLIPRDR_CAPABILITY_SET *)(void *)&general };
	UINT err;

	(void)ready;
	pthread_mutex_lock(&r->talk);
	r->clip_ready = true;
	err = clip->ClientCapabilities(clip, &caps);
	if (!err)
		err = send_formats(r, clip);
	pthread_mutex_unlock(&r->talk);
	return err;
}

/* ---- text of the desktop ----------------------------------------------- */

static UINT server_formats(
		CliprdrClientContext *clip, const CLIPRDR_FORMAT_LIST *list)
{
	const CLIPRDR_FORMAT_LIST_RESPONSE response = {
		.msgType = CB_FORMAT_LIST_RESPONSE, .msgFlags = CB_RESPONSE_OK
	};
	const CLIPRDR_FORMAT_DATA_REQUEST request = {
		.requestedFormatId = CF_UNICODETEXT
	};
	UINT err = clip->ClientFormatListResponse(clip, &response);

	for (UINT32 i = 0; i < list->numFormats && !err; i++)
		if (list->formats[i].formatId == CF_UNICODETEXT) {
			err = clip->ClientFormatDataRequest(clip, &request);
			break;
		}
	return err;
}

/* Lines end with CR LF there, and the text with NUL. */
static size_t tidy(char *text, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n && text[i]; i++)
		if (text[i] != '\r')
			text[k++] = text[i];
	return k;
}

static UINT server_data(CliprdrClientContext *clip,
		const CLIPRDR_FORMAT_DATA_RESPONSE *response)
{
	struct orl_rdp *r = clip->custom;
	size_t units = response->dataLen / 2;
	WCHAR *wide;
	char *text = NULL;
	int n;

	if (!(response->msgFlags & CB_RESPONSE_OK) || !units ||
			units > ORL_RDP_CLIP_MAX)
		return CHANNEL_RC_OK;
	/* As it comes it need not be aligned. */
	wide = calloc(units + 1, sizeof(*wide));
	if (!wide)
		return CHANNEL_RC_OK;
	memcpy(wide, response->requestedFormatData, units * 2);
	n = ConvertFromUnicode(
			CP_UTF8, 0, wide, (int)units, &text, 0, NULL, NULL);
	if (n > 0 && text)
		orl_helper_cut(&r->helper, text, tidy(text, (size_t)n));
	free(text);
	free(wide);
	return CHANNEL_RC_OK;
}

/* ---- text for it ------------------------------------------------------- */

static UINT server_wants(CliprdrClientContext *clip,
		const CLIPRDR_FORMAT_DATA_REQUEST *request)
{
	struct orl_rdp *r = clip->custom;
	CLIPRDR_FORMAT_DATA_RESPONSE response = {
		.msgType = CB_FORMAT_DATA_RESPONSE, .msgFlags = CB_RESPONSE_FAIL
	};
	WCHAR *wide = NULL;
	char *lines = NULL;
	UINT err;
	int n = 0;

	pthread_mutex_lock(&r->talk);
	if (request->requestedFormatId == CF_UNICODETEXT && r->paste)
		lines = malloc(2 * r->paste_size + 1);
	if (lines) {
		size_t k = 0;

		for (size_t i = 0; i < r->paste_size; i++) {
			if (r->paste[i] == '\n')
				lines[k++] = '\r';
			lines[k++] = r->paste[i];
		}
		lines[k] = 0;
		n = ConvertToUnicode(CP_UTF8, 0, lines, -1, &wide, 0);
	}
	if (n > 0 && wide) {
		response.msgFlags = CB_RESPONSE_OK;
		response.dataLen = (UINT32)n * 2;
		response.requestedFormatData = (const BYTE *)wide;
	}
	err = clip->ClientFormatDataResponse(clip, &response);
	pthread_mutex_unlock(&r->talk);
	free(lines);
	free(wide);
	return err;
}

void orl_rdp_paste(void *user, char *text, size_t n)
{
	struct orl_rdp *r = user;

	pthread_mutex_lock(&r->talk);
	free(r->paste);
	r->paste = text;
	r->paste_size = n;
	if (r->clip && r->clip_ready)
		send_formats(r, r->clip);
	pthread_mutex_unlock(&r->talk);
}

static UINT ignore_caps(
		CliprdrClientContext *clip, const CLIPRDR_CAPABILITIES *caps)
{
	(void)clip;
	(void)caps;
	return CHANNEL_RC_OK;
}

static UINT ignore_response(CliprdrClientContext *clip,
		const CLIPRDR_FORMAT_LIST_RESPONSE *response)
{
	(void)clip;
	(void)response;
	return CHANNEL_RC_OK;
}

void orl_rdp_clip_here(struct orl_rdp *r, CliprdrClientContext *clip)
{
	pthread_mutex_lock(&r->talk);
	r->clip = clip;
	clip->custom = r;
	clip->MonitorReady = monitor_ready;
	clip->ServerCapabilities = ignore_caps;
	clip->ServerFormatList = server_formats;
	clip->ServerFormatListResponse = ignore_response;
	clip->ServerFormatDataRequest = server_wants;
	clip->ServerFormatDataResponse = server_data;
	pthread_mutex_unlock(&r->talk);
}
