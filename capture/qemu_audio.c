/*
 * qemu_audio.c - the sound of a virtual machine, both ways, over QEMU's D-Bus
 * display: a connection of its own for what it plays, and one for what it
 * records. QEMU waits for what it records, so that is answered at once.
 *
 * The guest decides what is opened, how and how often; a voice that it has
 * closed keeps its stream, to be used again.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/qemu.h"

enum { SLICE = 1024 /* frames at a time */ };

#define AUDIO "org.qemu.Display1.Audio"
#define OUT_PATH ORL_QEMU_ROOT "/AudioOutListener"
#define IN_PATH ORL_QEMU_ROOT "/AudioInListener"

/* ---- voices ------------------------------------------------------------ */

static struct orl_qemu_voice *find(struct orl_qemu_voice *voices, uint64_t id)
{
	for (int i = 0; i < ORL_QEMU_VOICES; i++)
		if (voices[i].open && voices[i].id == id)
			return &voices[i];
	return NULL;
}

/* One that is free; best one whose stream has this rate. */
static struct orl_qemu_voice *free_voice(
		struct orl_qemu_voice *voices, uint32_t rate)
{
	struct orl_qemu_voice *best = NULL;

	for (int i = 0; i < ORL_QEMU_VOICES; i++) {
		struct orl_qemu_voice *v = &voices[i];
		if (!v->open && (!best || (v->sound && v->sound_rate == rate)))
			best = v;
	}
	return best;
}

static int take_init(sd_bus_message *m, uint64_t *id, struct orl_qemu_pcm *pcm)
{
	int is_signed, is_float, big_endian;
	uint8_t bits, channels;
	uint32_t rate, frame, second;
	int r = sd_bus_message_read(m, "tybbuyuub", id, &bits, &is_signed,
			&is_float, &rate, &channels, &frame, &second,
			&big_endian);

	*pcm = (struct orl_qemu_pcm){ .bits = bits,
		.channels = channels,
		.is_signed = is_signed,
		.is_float = is_float,
		.big_endian = big_endian,
		.rate = rate };
	return r;
}

static int on_init(struct orl_qemu *q, struct orl_qemu_voice *voices,
		sd_bus_message *m)
{
	struct orl_qemu_voice *v;
	struct orl_qemu_pcm pcm;
	uint64_t id;
	int r = take_init(m, &id, &pcm);

	if (r < 0)
		return r;
	v = find(voices, id);
	if (!v)
		v = free_voice(voices, pcm.rate);
	if (!orl_qemu_pcm_ok(&pcm) || !v) {
		orl_qemu_say(q, 0,
				"the virtual machine has opened a sound that "
				"cannot be heard: too many, or in a form that "
				"is not known");
		return sd_bus_reply_method_return(m, "");
	}
	v->id = id;
	v->open = true;
	v->enabled = false;
	v->pcm = pcm;
	return sd_bus_reply_method_return(m, "");
}

/* Nothing more comes of it for now. */
static void quiet(struct orl_qemu_voice *v)
{
	if (v->sound && oriel_sound_write(v->sound, NULL, 0, 0) < 0)
		return; /* it is silent soon */
}

/* ---- what it plays ----------------------------------------------------- */

static struct oriel_sound *sound_of(
		struct orl_qemu *q, struct orl_qemu_voice *v)
{
	const struct oriel_sound_format format = { v->pcm.rate, 2 };

	if (v->sound && v->sound_rate == v->pcm.rate)
		return v->sound;
	oriel_sound_destroy(v->sound);
	v->sound = NULL;
	if (!q->server || oriel_sound_create(&v->sound, q->server, &format) < 0)
		return NULL;
	v->sound_rate = v->pcm.rate;
	if (v->has_volume)
		oriel_sound_set_volume(v->sound, v->volume[0], v->volume[1]);
	return v->sound;
}

static int out_init(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;

	(void)error;
	return on_init(q, q->audio.plays, m);
}

static int out_fini(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_voice *v;
	uint64_t id;
	int r = sd_bus_message_read(m, "t", &id);

	(void)error;
	if (r < 0)
		return r;
	v = find(q->audio.plays, id);
	if (v) {
		quiet(v);
		v->open = false;
	}
	return sd_bus_reply_method_return(m, "");
}

static int out_enabled(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_voice *v;
	uint64_t id;
	int on, r = sd_bus_message_read(m, "tb", &id, &on);

	(void)error;
	if (r < 0)
		return r;
	v = find(q->audio.plays, id);
	if (v) {
		v->enabled = on;
		if (!on)
			quiet(v);
	}
	return sd_bus_reply_method_return(m, "");
}

static int out_volume(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_voice *v;
	const uint8_t *levels;
	uint64_t id;
	size_t n;
	int mute, r = sd_bus_message_read(m, "tb", &id, &mute);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_read_array(
				m, 'y', (const void **)&levels, &n);
	if (r < 0)
		return r;
	v = find(q->audio.plays, id);
	if (v && n) {
		uint32_t left = levels[0], right = levels[n > 1];
		/* 255 is all of it. */
		v->volume[0] = mute ? 0 : left * 256 / 255;
		v->volume[1] = mute ? 0 : right * 256 / 255;
		v->has_volume = true;
		if (v->sound)
			oriel_sound_set_volume(
					v->sound, v->volume[0], v->volume[1]);
	}
	return sd_bus_reply_method_return(m, "");
}

static int out_write(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_voice *v;
	int16_t frames[2 * SLICE];
	const uint8_t *data;
	uint64_t id, now = orl_now();
	size_t n;
	int r = sd_bus_message_read(m, "t", &id);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_read_array(m, 'y', (const void **)&data, &n);
	if (r < 0)
		return r;
	v = n > ORL_QEMU_VOICE_BYTES ? NULL : find(q->audio.plays, id);
	if (v && sound_of(q, v)) {
		size_t size = orl_qemu_pcm_frame(&v->pcm), all = n / size;

		for (size_t i = 0; i < all; i += SLICE) {
			size_t k = all - i < SLICE ? all - i : SLICE;
			/* It ends now, and this is so far from its end. */
			uint64_t time = now - (uint64_t)(all - i) * ORL_SEC /
							      v->pcm.rate;
			orl_qemu_pcm_read(&v->pcm, frames, data + i * size, k);
			if (oriel_sound_write(v->sound, frames, k, time) < 0)
				break; /* it is late, and dropped */
		}
	}
	return sd_bus_reply_method_return(m, "");
}

/* ---- what it records --------------------------------------------------- */

static void count_recorders(struct orl_qemu *q)
{
	bool wanted = false;

	for (int i = 0; i < ORL_QEMU_VOICES; i++)
		wanted |= q->audio.records[i].open &&
			  q->audio.records[i].enabled;
	if (q->server)
		oriel_server_want_microphone(q->server, wanted);
}

static int in_init(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;

	(void)error;
	return on_init(q, q->audio.records, m);
}

static int in_fini(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_voice *v;
	uint64_t id;
	int r = sd_bus_message_read(m, "t", &id);

	(void)error;
	if (r < 0)
		return r;
	v = find(q->audio.records, id);
	if (v)
		v->open = false;
	count_recorders(q);
	return sd_bus_reply_method_return(m, "");
}

static int in_enabled(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	struct orl_qemu_voice *v;
	uint64_t id;
	int on, r = sd_bus_message_read(m, "tb", &id, &on);

	(void)error;
	if (r < 0)
		return r;
	v = find(q->audio.records, id);
	if (v)
		v->enabled = on;
	count_recorders(q);
	return sd_bus_reply_method_return(m, "");
}

/* The guest turns its own knob; what it hears is not ours to change. */
static int in_volume(sd_bus_message *m, void *user, sd_bus_error *error)
{
	(void)user;
	(void)error;
	return sd_bus_reply_method_return(m, "");
}

static void hear(struct orl_qemu *q, const struct orl_qemu_voice *v,
		uint8_t *out, size_t frames)
{
	const struct oriel_sound_format format = { v->pcm.rate, 2 };
	size_t size = orl_qemu_pcm_frame(&v->pcm);
	int16_t samples[2 * SLICE];

	for (size_t i = 0; i < frames; i += SLICE) {
		size_t n = frames - i < SLICE ? frames - i : SLICE;
		oriel_server_hear(q->server, &format, samples, n);
		orl_qemu_pcm_write(&v->pcm, out + i * size, samples, n);
	}
}

/* The first that records hears the microphone, others silence. */
static bool is_first(const struct orl_qemu *q, const struct orl_qemu_voice *v)
{
	for (const struct orl_qemu_voice *o = q->audio.records; o < v; o++)
		if (o->open && o->enabled)
			return false;
	return true;
}

static int in_read(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;
	const struct orl_qemu_voice *v;
	sd_bus_message *reply = NULL;
	uint64_t id, size;
	void *data;
	int r = sd_bus_message_read(m, "tt", &id, &size);

	(void)error;
	if (r < 0)
		return r;
	v = find(q->audio.records, id);
	if (!v || size > ORL_QEMU_VOICE_BYTES)
		size = 0;
	else
		size -= size % orl_qemu_pcm_frame(&v->pcm);
	r = sd_bus_message_new_method_return(m, &reply);
	if (r >= 0)
		r = sd_bus_message_append_array_space(
				reply, 'y', (size_t)size, &data);
	if (r >= 0 && size && v) {
		size_t frames = (size_t)size / orl_qemu_pcm_frame(&v->pcm);

		memset(data, 0, (size_t)size);
		if (q->server && is_first(q, v))
			hear(q, v, data, frames);
	}
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

/* ---- the connections --------------------------------------------------- */

#define METHOD(name, takes, gives, handler) \
	SD_BUS_METHOD(name, takes, gives, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable out_methods[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Init", "tybbuyuub", "", out_init),
	METHOD("Fini", "t", "", out_fini),
	METHOD("SetEnabled", "tb", "", out_enabled),
	METHOD("SetVolume", "tbay", "", out_volume),
	METHOD("Write", "tay", "", out_write),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable in_methods[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Init", "tybbuyuub", "", in_init),
	METHOD("Fini", "t", "", in_fini),
	METHOD("SetEnabled", "tb", "", in_enabled),
	METHOD("SetVolume", "tbay", "", in_volume),
	METHOD("Read", "tt", "ay", in_read),
	SD_BUS_VTABLE_END,
};

static int on_registered(sd_bus_message *m, void *user, sd_bus_error *error)
{
	struct orl_qemu *q = user;

	(void)error;
	if (sd_bus_message_is_method_error(m, NULL))
		orl_qemu_say(q, 0,
				"the virtual machine does not let its sound "
				"be heard: something else listens already");
	return 0;
}

static int take_up(struct orl_qemu *q, struct orl_qemu_link *link, int fd,
		const char *path, const char *interface,
		const sd_bus_vtable *methods)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_fd(bus, fd, fd);
	if (r < 0) {
		sd_bus_unref(bus);
		close(fd);
		return r;
	}
	/* The descriptor is the connection's from here on. */
	r = sd_bus_add_object_vtable(bus, NULL, path, interface, methods, q);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = orl_qemu_link(q, link, bus);
	if (r < 0)
		sd_bus_unref(bus);
	return r;
}

static int listen_to(struct orl_qemu *q, const char *path, bool out)
{
	struct orl_qemu_link *link = out ? &q->audio.out : &q->audio.in;
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
			    ends) < 0)
		return -errno;
	r = sd_bus_call_method_async(q->bus.bus, NULL, q->owner, path, AUDIO,
			out ? "RegisterOutListener" : "RegisterInListener",
			on_registered, q, "h", ends[1]);
	close(ends[1]);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	return take_up(q, link, ends[0], out ? OUT_PATH : IN_PATH,
			out ? AUDIO "OutListener" : AUDIO "InListener",
			out ? out_methods : in_methods);
}

void orl_qemu_audio_found(struct orl_qemu *q, const char *path)
{
	int r = 0;

	if (q->audio.path[0])
		return;
	snprintf(q->audio.path, sizeof(q->audio.path), "%s", path);
	if (q->source.hears)
		r = listen_to(q, path, true);
	if (r >= 0 && q->source.speaks)
		r = listen_to(q, path, false);
	if (r < 0)
		orl_qemu_say(q, 0, "the virtual machine cannot be heard");
}

void orl_qemu_audio_lost(struct orl_qemu *q, const char *path)
{
	if (strcmp(q->audio.path, path) == 0)
		orl_qemu_audio_close(q);
}

void orl_qemu_audio_unheard(struct orl_qemu *q)
{
	orl_qemu_unlink(q, &q->audio.in);
	for (int i = 0; i < ORL_QEMU_VOICES; i++)
		q->audio.records[i].open = false;
	count_recorders(q);
}

void orl_qemu_audio_close(struct orl_qemu *q)
{
	orl_qemu_unlink(q, &q->audio.out);
	orl_qemu_unlink(q, &q->audio.in);
	for (int i = 0; i < ORL_QEMU_VOICES; i++) {
		struct orl_qemu_voice *v = &q->audio.plays[i];
		/* Without a server there are no streams any more either. */
		if (q->server)
			oriel_sound_destroy(v->sound);
	}
	memset(&q->audio, 0, sizeof(q->audio));
	count_recorders(q);
}
