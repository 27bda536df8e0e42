/*
 * pulse.c - see sound.h. Everything here runs in the thread of libpulse's
 * main loop, or under its lock.
 *
 * The microphone is a null sink that we play into, and a source made of its
 * monitor, so that programs see something that is called a microphone. Both
 * are modules of the sound server that we load, and unload in the end; what a
 * run before left behind, because it was killed, is used again.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pulse/pulseaudio.h>

#include "capture/capture.h"
#include "capture/sound.h"

enum {
	RATE = 48000,
	FRAGMENT = RATE / 100 * 4,  /* bytes: 10 ms */
	MIC_BUFFER = RATE / 40 * 4, /* 25 ms */
	RETRY_S = 3, /* at first; each time twice as long: idle costs nothing */
	RETRY_TIMES = 5,
	NAME_MAX_ = 256,
};

#define MIC_SINK "oriel_microphone_input"
#define MIC_SOURCE "oriel_microphone"

struct orl_pulse {
	struct oriel_server *server;
	struct oriel_sound *sound;
	bool quiet, microphone;
	char wanted_sink[NAME_MAX_];
	atomic_bool mic_wanted; /* some program records from it */
	bool mic_told;

	pa_threaded_mainloop *loop;
	pa_context *context;
	pa_time_event *retry;
	bool closing, said;
	unsigned misses; /* in a row */
	/* Hearing. */
	bool listen;
	char sink[NAME_MAX_]; /* recorded from */
	pa_stream *record;
	uint64_t next; /* when what comes next was captured; 0: unknown */
	/* Speaking. */
	bool speak;
	pa_stream *play;
	uint32_t modules[2]; /* ours; PA_INVALID_INDEX: not */
	uint32_t mic_source;
	unsigned recorders; /* counted while a list comes in */
	bool hurry;         /* what has not ended by now is left */
};

static const pa_sample_spec spec = { PA_SAMPLE_S16LE, RATE, 2 };

static void say(struct orl_pulse *p, const char *what)
{
	if (!p->quiet)
		fprintf(stderr, "sound: %s\n", what);
}

/* An operation whose end its callback tells, or nobody wants to know. */
static void forget(pa_operation *op)
{
	if (op)
		pa_operation_unref(op);
}

static void end_stream(pa_stream **stream)
{
	if (!*stream)
		return;
	pa_stream_set_state_callback(*stream, NULL, NULL);
	pa_stream_set_read_callback(*stream, NULL, NULL);
	pa_stream_set_write_callback(*stream, NULL, NULL);
	pa_stream_disconnect(*stream);
	pa_stream_unref(*stream);
	*stream = NULL;
}

/* ---- later ------------------------------------------------------------- */

static void connect_now(struct orl_pulse *p);
static void record(struct orl_pulse *p);

static void on_retry(pa_mainloop_api *api, pa_time_event *event,
		const struct timeval *tv, void *user)
{
	struct orl_pulse *p = user;

	(void)event;
	(void)tv;
	api->time_free(p->retry);
	p->retry = NULL;
	if (!p->context)
		connect_now(p);
	else
		record(p);
}

static void retry(struct orl_pulse *p, pa_usec_t us)
{
	pa_mainloop_api *api = pa_threaded_mainloop_get_api(p->loop);
	struct timeval tv;

	if (p->retry || p->closing)
		return;
	pa_timeval_add(pa_gettimeofday(&tv), us);
	p->retry = api->time_new(api, &tv, on_retry, p);
}

/* ---- hearing ----------------------------------------------------------- */

static void on_read(pa_stream *stream, size_t n, void *user)
{
	struct orl_pulse *p = user;
	const void *data;

	(void)n;
	while (pa_stream_readable_size(stream) > 0) {
		if (pa_stream_peek(stream, &data, &n) < 0 || !n)
			return;
		/*
		 * The sound server's own latency of a monitor is that of the
		 * sink, which is still to be heard, and no help here.
		 */
		uint64_t time = orl_sound_captured(
				&p->next, n / 4, RATE, orl_now());
		/* A hole has a size and no data; what is late is dropped. */
		if (data && oriel_sound_write(p->sound, data, n / 4, time) < 0)
			(void)0;
		pa_stream_drop(stream);
	}
}

static void on_record(pa_stream *stream, void *user)
{
	struct orl_pulse *p = user;

	if (pa_stream_get_state(stream) != PA_STREAM_FAILED &&
			pa_stream_get_state(stream) != PA_STREAM_TERMINATED)
		return;
	end_stream(&p->record);
	retry(p, PA_USEC_PER_SEC / 4);
}

static void record(struct orl_pulse *p)
{
	char source[NAME_MAX_ + 16];
	const pa_buffer_attr attr = { UINT32_MAX, UINT32_MAX, UINT32_MAX,
		UINT32_MAX, FRAGMENT };

	if (!p->listen || !p->context || p->record || !p->sink[0] ||
			pa_context_get_state(p->context) != PA_CONTEXT_READY)
		return;
	p->record = pa_stream_new(
			p->context, "what the desktop plays", &spec, NULL);
	if (!p->record)
		return;
	p->next = 0;
	snprintf(source, sizeof(source), "%s.monitor", p->sink);
	pa_stream_set_state_callback(p->record, on_record, p);
	pa_stream_set_read_callback(p->record, on_read, p);
	/* A sink that nothing plays on may sleep, and so do we. */
	if (pa_stream_connect_record(p->record, source, &attr,
			    PA_STREAM_ADJUST_LATENCY | PA_STREAM_DONT_MOVE |
					    PA_STREAM_DONT_INHIBIT_AUTO_SUSPEND) <
			0)
		end_stream(&p->record);
}

/* The default sink is told, or has changed. */
static void on_server(
		pa_context *context, const pa_server_info *info, void *user)
{
	struct orl_pulse *p = user;
	const char *name = p->wanted_sink[0] ? p->wanted_sink
			   : info && info->default_sink_name
					   ? info->default_sink_name
					   : "";

	(void)context;
	if (strcmp(name, p->sink) != 0) {
		end_stream(&p->record);
		snprintf(p->sink, sizeof(p->sink), "%s", name);
		fprintf(stderr, "sound: what %s plays can be heard\n", name);
	}
	record(p);
}

/* ---- speaking ---------------------------------------------------------- */

static void on_write(pa_stream *stream, size_t n, void *user)
{
	struct orl_pulse *p = user;
	const struct oriel_sound_format format = { RATE, 2 };
	void *data = NULL;

	while (n >= 4 && pa_stream_begin_write(stream, &data, &n) == 0 && n) {
		oriel_server_hear(p->server, &format, data, n / 4);
		if (pa_stream_write(stream, data, n / 4 * 4, NULL, 0,
				    PA_SEEK_RELATIVE) < 0)
			return;
		n = pa_stream_writable_size(stream);
		if (n == (size_t)-1)
			return;
	}
}

static void on_play(pa_stream *stream, void *user)
{
	struct orl_pulse *p = user;

	if (pa_stream_get_state(stream) == PA_STREAM_FAILED)
		end_stream(&p->play);
}

static void play(struct orl_pulse *p)
{
	const pa_buffer_attr attr = { UINT32_MAX, MIC_BUFFER, 0, FRAGMENT,
		UINT32_MAX };

	if (!p->speak || p->play || p->mic_source == PA_INVALID_INDEX)
		return;
	p->play = pa_stream_new(
			p->context, "the viewer's microphone", &spec, NULL);
	if (!p->play)
		return;
	pa_stream_set_state_callback(p->play, on_play, p);
	pa_stream_set_write_callback(p->play, on_write, p);
	if (pa_stream_connect_playback(p->play, MIC_SINK, &attr,
			    PA_STREAM_ADJUST_LATENCY | PA_STREAM_DONT_MOVE,
			    NULL, NULL) < 0)
		end_stream(&p->play);
}

/* Who records: but for the module that makes a source of the monitor. */
static void on_recorder(pa_context *context, const pa_source_output_info *info,
		int eol, void *user)
{
	struct orl_pulse *p = user;

	(void)context;
	if (!eol && info) {
		p->recorders += !info->corked && info->source == p->mic_source;
		return;
	}
	if (atomic_exchange(&p->mic_wanted, p->recorders > 0) !=
			(p->recorders > 0))
		oriel_server_wake(p->server);
}

static void count_recorders(struct orl_pulse *p)
{
	p->recorders = 0;
	if (p->mic_source != PA_INVALID_INDEX)
		forget(pa_context_get_source_output_info_list(
				p->context, on_recorder, p));
}

static void on_source(pa_context *context, const pa_source_info *info, int eol,
		void *user)
{
	struct orl_pulse *p = user;

	(void)context;
	if (eol || !info)
		return;
	if (p->mic_source != info->index)
		fprintf(stderr, "sound: programs can record from %s\n",
				info->name);
	p->mic_source = info->index;
	play(p);
	count_recorders(p);
}

static void on_remapped(pa_context *context, uint32_t index, void *user)
{
	struct orl_pulse *p = user;

	p->modules[1] = index;
	forget(pa_context_get_source_info_by_name(
			context, MIC_SOURCE, on_source, p));
}

static void on_null_sink(pa_context *context, uint32_t index, void *user)
{
	struct orl_pulse *p = user;

	p->modules[0] = index;
	forget(pa_context_load_module(context, "module-remap-source",
			"master=" MIC_SINK ".monitor source_name=" MIC_SOURCE
			" source_properties=device.description=\"Viewer's\\ "
			"microphone\"",
			on_remapped, p));
}

/* Is there one already? */
static void on_old_source(pa_context *context, const pa_source_info *info,
		int eol, void *user)
{
	struct orl_pulse *p = user;

	if (!eol && info) {
		on_source(context, info, 0, user);
		return;
	}
	if (p->mic_source != PA_INVALID_INDEX)
		return;
	forget(pa_context_load_module(context, "module-null-sink",
			"sink_name=" MIC_SINK
			" rate=48000 channels=2 sink_properties=device."
			"description=\"Viewer's\\ microphone\\ (input)\"",
			on_null_sink, p));
}

/* ---- the connection ---------------------------------------------------- */

static void on_event(pa_context *context, pa_subscription_event_type_t event,
		uint32_t index, void *user)
{
	struct orl_pulse *p = user;

	(void)index;
	if ((event & PA_SUBSCRIPTION_EVENT_FACILITY_MASK) ==
			PA_SUBSCRIPTION_EVENT_SERVER)
		forget(pa_context_get_server_info(context, on_server, p));
	else
		count_recorders(p);
}

static void drop_context(struct orl_pulse *p)
{
	end_stream(&p->record);
	end_stream(&p->play);
	p->sink[0] = 0;
	p->mic_source = PA_INVALID_INDEX;
	p->modules[0] = p->modules[1] = PA_INVALID_INDEX;
	/* Who recorded from it is gone as well, and nobody will say so. */
	if (atomic_exchange(&p->mic_wanted, false))
		oriel_server_wake(p->server);
	if (!p->context)
		return;
	pa_context_set_state_callback(p->context, NULL, NULL);
	pa_context_set_subscribe_callback(p->context, NULL, NULL);
	pa_context_disconnect(p->context);
	pa_context_unref(p->context);
	p->context = NULL;
}

static void on_context(pa_context *context, void *user)
{
	struct orl_pulse *p = user;
	char why[256];

	switch (pa_context_get_state(context)) {
	case PA_CONTEXT_READY:
		p->said = false;
		p->misses = 0;
		pa_context_set_subscribe_callback(context, on_event, p);
		forget(pa_context_subscribe(context,
				PA_SUBSCRIPTION_MASK_SERVER |
						PA_SUBSCRIPTION_MASK_SOURCE_OUTPUT,
				NULL, NULL));
		forget(pa_context_get_server_info(context, on_server, p));
		if (p->microphone)
			forget(pa_context_get_source_info_by_name(
					context, MIC_SOURCE, on_old_source, p));
		break;
	case PA_CONTEXT_FAILED:
	case PA_CONTEXT_TERMINATED:
		snprintf(why, sizeof(why),
				"no sound server (%s); it is looked for "
				"again: set PULSE_SERVER, or --sound=none",
				pa_strerror(pa_context_errno(context)));
		if (!p->said)
			say(p, why);
		p->said = true;
		drop_context(p);
		/* unload() may be waiting for it. */
		pa_threaded_mainloop_signal(p->loop, 0);
		retry(p, (RETRY_S << p->misses) * PA_USEC_PER_SEC);
		p->misses += p->misses < RETRY_TIMES;
		break;
	case PA_CONTEXT_UNCONNECTED:
	case PA_CONTEXT_CONNECTING:
	case PA_CONTEXT_AUTHORIZING:
	case PA_CONTEXT_SETTING_NAME:
	default:
		break;
	}
}

static void connect_now(struct orl_pulse *p)
{
	pa_mainloop_api *api = pa_threaded_mainloop_get_api(p->loop);

	/* Until somebody could need it, no sound server is woken. */
	if (p->context || !(p->listen || p->microphone))
		return;
	p->context = pa_context_new(api, "oriel-serve");
	if (!p->context)
		return;
	pa_context_set_state_callback(p->context, on_context, p);
	if (pa_context_connect(p->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) <
					0 &&
			p->context)
		on_context(p->context, p);
}

/* ---- the program ------------------------------------------------------- */

struct orl_pulse *orl_pulse_open(struct oriel_server *server, const char *sink,
		bool microphone, bool quiet)
{
	const struct oriel_sound_format format = { RATE, 2 };
	struct orl_pulse *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->server = server;
	p->quiet = quiet;
	p->microphone = microphone;
	p->mic_source = PA_INVALID_INDEX;
	p->modules[0] = p->modules[1] = PA_INVALID_INDEX;
	snprintf(p->wanted_sink, sizeof(p->wanted_sink), "%s", sink);
	p->loop = pa_threaded_mainloop_new();
	if (!p->loop || oriel_sound_create(&p->sound, server, &format) < 0 ||
			pa_threaded_mainloop_start(p->loop) < 0) {
		orl_pulse_close(p);
		return NULL;
	}
	pa_threaded_mainloop_lock(p->loop);
	connect_now(p);
	pa_threaded_mainloop_unlock(p->loop);
	return p;
}

static void on_unloaded(pa_context *context, int success, void *user)
{
	struct orl_pulse *p = user;

	(void)context;
	(void)success;
	pa_threaded_mainloop_signal(p->loop, 0);
}

static void on_hurry(pa_mainloop_api *api, pa_time_event *event,
		const struct timeval *tv, void *user)
{
	struct orl_pulse *p = user;

	(void)api;
	(void)event;
	(void)tv;
	p->hurry = true;
	pa_threaded_mainloop_signal(p->loop, 0);
}

/*
 * So that no microphone stays behind that nobody speaks into. A sound server
 * that stands still is not waited for.
 */
static void unload(struct orl_pulse *p)
{
	pa_mainloop_api *api = pa_threaded_mainloop_get_api(p->loop);
	pa_operation *ops[2] = { NULL, NULL };
	pa_time_event *hurry;
	struct timeval tv;

	pa_timeval_add(pa_gettimeofday(&tv), PA_USEC_PER_SEC);
	hurry = api->time_new(api, &tv, on_hurry, p);
	for (unsigned i = 2; i-- > 0;)
		if (p->context && p->modules[i] != PA_INVALID_INDEX)
			ops[i] = pa_context_unload_module(p->context,
					p->modules[i], on_unloaded, p);
	for (unsigned i = 0; i < 2; i++) {
		while (ops[i] && !p->hurry &&
				pa_operation_get_state(ops[i]) ==
						PA_OPERATION_RUNNING)
			pa_threaded_mainloop_wait(p->loop);
		forget(ops[i]);
	}
	api->time_free(hurry);
}

void orl_pulse_close(struct orl_pulse *p)
{
	if (!p)
		return;
	if (p->loop) {
		pa_threaded_mainloop_lock(p->loop);
		p->closing = true;
		end_stream(&p->record);
		end_stream(&p->play);
		unload(p);
		drop_context(p);
		pa_threaded_mainloop_unlock(p->loop);
		pa_threaded_mainloop_stop(p->loop);
		if (p->retry)
			pa_threaded_mainloop_get_api(p->loop)->time_free(
					p->retry);
		pa_threaded_mainloop_free(p->loop);
	}
	oriel_sound_destroy(p->sound);
	free(p);
}

void orl_pulse_listen(struct orl_pulse *p, bool on)
{
	if (!p)
		return;
	pa_threaded_mainloop_lock(p->loop);
	p->listen = on;
	if (!on)
		end_stream(&p->record);
	else if (p->context)
		record(p);
	else if (!p->retry)
		connect_now(p);
	if (on)
		p->misses = 0; /* who comes now may hope again */
	pa_threaded_mainloop_unlock(p->loop);
}

void orl_pulse_speak(struct orl_pulse *p, bool on)
{
	if (!p)
		return;
	pa_threaded_mainloop_lock(p->loop);
	p->speak = on;
	if (!on)
		end_stream(&p->play);
	else
		play(p);
	pa_threaded_mainloop_unlock(p->loop);
}

void orl_pulse_run(struct orl_pulse *p)
{
	bool wanted = p && atomic_load(&p->mic_wanted);

	if (!p || wanted == p->mic_told)
		return;
	p->mic_told = wanted;
	oriel_server_want_microphone(p->server, wanted);
}
