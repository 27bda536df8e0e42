/*
 * rdp.c - oriel-rdp: fetch what an RDP server shows, for oriel-serve, which
 * starts it. It is nothing to start by hand.
 *
 * TLS always, and NLA for who has a password: the security that RDP had before
 * them hides nothing from who is in between.
 */
#include <stdlib.h>
#include <string.h>

#include <freerdp/client/channels.h>
#include <freerdp/client/cmdline.h>
#include <freerdp/error.h>
#include <winpr/synch.h>
#include <winpr/wlog.h>

#include "capture/far/rdp.h"

enum {
	VM_PORT = 2179, /* of Hyper-V, for consoles of machines */
	WIDTH = 1280,
	HEIGHT = 800,
	HANDLES = 64,
	LOOK_MS = 1000,
};

#define MEMORY_MAX (UINT64_C(3) << 30)

/* ---- settings ---------------------------------------------------------- */

static bool set_text(char **out, const char *text)
{
	free(*out);
	*out = strdup(text);
	return *out;
}

static bool set_place(rdpSettings *s, const struct orl_far_config *c)
{
	s->ServerPort = c->port;
	s->DesktopWidth = c->width ? (UINT32)c->width : WIDTH;
	s->DesktopHeight = c->height ? (UINT32)c->height : HEIGHT;
	if (c->blob[0]) {
		s->SendPreconnectionPdu = TRUE;
		s->VmConnectMode = c->port == VM_PORT;
		s->NegotiateSecurityLayer = !s->VmConnectMode;
		if (!set_text(&s->PreconnectionBlob, c->blob))
			return false;
	}
	return set_text(&s->ServerHostname, c->host) &&
	       (!c->user[0] || set_text(&s->Username, c->user)) &&
	       (!c->domain[0] || set_text(&s->Domain, c->domain)) &&
	       (!c->have_password || set_text(&s->Password, c->password));
}

static void set_rest(rdpSettings *s, const struct orl_far_config *c)
{
	s->TlsSecurity = TRUE;
	s->NlaSecurity = c->have_password;
	s->RdpSecurity = FALSE;
	s->ExtSecurity = FALSE;
	s->ExternalCertificateManagement = TRUE;
	s->AutoReconnectionEnabled = FALSE;
	s->AutoLogonEnabled = c->have_password;

	s->ColorDepth = 32;
	s->SoftwareGdi = TRUE;
	s->SurfaceCommandsEnabled = TRUE;
	s->FastPathOutput = TRUE;
	s->FrameMarkerCommandEnabled = TRUE;
	s->SupportGraphicsPipeline = TRUE;
	s->GfxH264 = FALSE;
	s->GfxAVC444 = FALSE;
	s->GfxProgressive = FALSE;
	s->RemoteFxCodec = FALSE;
	s->NSCodec = FALSE;
	s->BitmapCacheEnabled = TRUE;
	/* xrdp writes its login with them, asked or not. */
	s->GlyphSupportLevel = GLYPH_SUPPORT_FULL;
	s->OffscreenSupportLevel = 0;
	s->CompressionEnabled = TRUE;

	s->SupportDynamicChannels = TRUE;
	s->SupportDisplayControl = TRUE;
	s->DynamicResolutionUpdate = TRUE;
	s->RedirectClipboard = TRUE;
	s->DeviceRedirection = FALSE;
	s->AudioPlayback = c->hears;
	s->AudioCapture = FALSE;
	s->UnicodeInput = TRUE;
}

/* ---- connecting -------------------------------------------------------- */

static BOOL pre_connect(freerdp *instance)
{
	rdpContext *context = instance->context;

	if (instance->settings->AudioPlayback &&
			!orl_rdp_sound_add(instance->settings))
		return FALSE;
	PubSub_SubscribeChannelConnected(context->pubSub, orl_rdp_channel_here);
	PubSub_SubscribeChannelDisconnected(
			context->pubSub, orl_rdp_channel_gone);
	return freerdp_client_load_addins(
			context->channels, instance->settings);
}

static BOOL post_connect(freerdp *instance)
{
	struct orl_rdp *r = orl_rdp_of(instance->context);

	if (!orl_rdp_paint_begin(instance))
		return FALSE;
	r->connected = true;
	return TRUE;
}

static void post_disconnect(freerdp *instance)
{
	orl_rdp_paint_end(instance);
}

/* It asks for what was not given. */
static BOOL authenticate(
		freerdp *instance, char **user, char **password, char **domain)
{
	struct orl_rdp *r = orl_rdp_of(instance->context);

	(void)user;
	(void)password;
	(void)domain;
	if (!r->helper.config.have_password)
		orl_helper_end(&r->helper, ORL_EXIT_LOGIN,
				"the server asks for a login: say "
				"--source-user= and --source-password-file=");
	return TRUE;
}

static void failed(struct orl_rdp *r)
{
	UINT32 error = freerdp_get_last_error(r->context);
	int status = ORL_EXIT_CONNECT;

	switch (error) {
	case FREERDP_ERROR_AUTHENTICATION_FAILED:
	case FREERDP_ERROR_CONNECT_LOGON_FAILURE:
	case FREERDP_ERROR_CONNECT_WRONG_PASSWORD:
	case FREERDP_ERROR_CONNECT_ACCESS_DENIED:
	case FREERDP_ERROR_CONNECT_PASSWORD_EXPIRED:
	case FREERDP_ERROR_CONNECT_PASSWORD_MUST_CHANGE:
	case FREERDP_ERROR_CONNECT_PASSWORD_CERTAINLY_EXPIRED:
	case FREERDP_ERROR_CONNECT_ACCOUNT_DISABLED:
	case FREERDP_ERROR_CONNECT_ACCOUNT_RESTRICTION:
	case FREERDP_ERROR_CONNECT_ACCOUNT_LOCKED_OUT:
	case FREERDP_ERROR_CONNECT_ACCOUNT_EXPIRED:
	case FREERDP_ERROR_CONNECT_LOGON_TYPE_NOT_GRANTED:
	case FREERDP_ERROR_CONNECT_NO_OR_MISSING_CREDENTIALS:
		status = ORL_EXIT_LOGIN;
		break;
	case FREERDP_ERROR_SECURITY_NEGO_CONNECT_FAILED:
		orl_helper_end(&r->helper, ORL_EXIT_CONNECT,
				"the server speaks no RDP with TLS%s",
				r->helper.config.have_password
						? " that goes with our login"
						: ", or wants a login: "
						  "--source-user= and "
						  "--source-password-file=");
	case FREERDP_ERROR_CONNECT_TRANSPORT_FAILED:
		if (!r->verified || !r->helper.config.have_password)
			break;
		orl_helper_end(&r->helper, ORL_EXIT_LOGIN,
				"%.80s:%u hung up at our login: user or "
				"password may be wrong",
				r->helper.config.host,
				(unsigned)r->helper.config.port);
	default:
		break;
	}
	orl_helper_end(&r->helper, status, "%.80s:%u: %s",
			r->helper.config.host, (unsigned)r->helper.config.port,
			freerdp_get_last_error_string(error));
}

static void serve(struct orl_rdp *r, freerdp *instance)
{
	HANDLE handles[HANDLES];

	while (!freerdp_shall_disconnect(instance)) {
		DWORD n = freerdp_get_event_handles(
				r->context, handles, HANDLES);

		if (!n)
			break;
		WaitForMultipleObjects(n, handles, FALSE, LOOK_MS);
		if (!freerdp_check_event_handles(r->context))
			break;
	}
}

static void gone(struct orl_rdp *r, freerdp *instance)
{
	UINT32 info = freerdp_error_info(instance);

	orl_helper_end(&r->helper, ORL_EXIT_SOURCE,
			"the server has hung up%s%s", info ? ": " : "",
			info ? freerdp_get_error_info_string(info) : "");
}

static freerdp *create(struct orl_rdp *r)
{
	freerdp *instance = freerdp_new();

	if (!instance)
		return NULL;
	instance->ContextSize = sizeof(struct orl_rdp_context);
	instance->PreConnect = pre_connect;
	instance->PostConnect = post_connect;
	instance->PostDisconnect = post_disconnect;
	instance->Authenticate = authenticate;
	instance->VerifyX509Certificate = orl_rdp_verify;
	if (!freerdp_context_new(instance))
		return NULL;
	r->context = instance->context;
	((struct orl_rdp_context *)(void *)r->context)->rdp = r;
	return set_place(instance->settings, &r->helper.config) ? instance
								: NULL;
}

int main(void)
{
	static struct orl_rdp rdp;
	freerdp *instance;

	if (orl_helper_start(&rdp.helper, &orl_rdp_ops, &rdp, MEMORY_MAX) < 0) {
		fputs("oriel-rdp is started by oriel-serve --source=rdp:\n",
				stderr);
		return ORL_EXIT_USAGE;
	}
	orl_helper_confine(&rdp.helper);
	/* The library keeps files there, and says what strangers send. */
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_CONFIG_HOME");
	WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
	pthread_mutex_init(&rdp.paint, NULL);
	pthread_mutex_init(&rdp.talk, NULL);
	orl_rdp_sound_init(&rdp);
	instance = create(&rdp);
	if (!instance)
		orl_helper_end(&rdp.helper, ORL_EXIT_INTERNAL,
				"libfreerdp2 cannot be used");
	set_rest(instance->settings, &rdp.helper.config);
	orl_helper_listen(&rdp.helper);
	if (!freerdp_connect(instance))
		failed(&rdp);
	serve(&rdp, instance);
	gone(&rdp, instance);
}
