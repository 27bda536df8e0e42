/*
 * peers.c - see peers.h. The commands are the settings: what is not in them is
 * the program's default.
 */
#include "bench/peers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bench/netns.h"
#include "bench/proc.h"

#define VNC_AT(port) \
	"Xtigervnc -displayfd 1 -geometry {size} -depth 24 -rfbport " port " " \
	"-SecurityTypes None -AcceptSetDesktopSize=0 -localhost=0 -ac"
#define VNC_SERVER VNC_AT("{port}")
#define VNC_CLIENT(options) \
	"xtigervncviewer -SecurityTypes None -FullScreen=1 -RemoteResize=0 " \
	"-MenuKey= -DotWhenNoCursor=0 " options " {address}::{port}"
#define VNC_PACKAGES "tigervnc-standalone-server tigervnc-viewer"
#define ORIEL_SERVER(options) \
	"{programs}/oriel-serve --source=x11:{display} " \
	"--listen=tcp://{address}:{port} --password-file={folder}/password " \
	"--congestion={cc} --stats={folder}/stats" options
#define ORIEL_CLIENT \
	"{programs}/oriel-view --fullscreen --trust=first-use " \
	"--password-file={folder}/password oriel://{address}:{port}"
#define SPICE_SERVER(options) \
	"{programs}/oriel-bench-spice --frames={frames} --address={address} " \
	"--port={port} " options
#define SPICE_CLIENT "spicy -h {address} -p {port} -f"
#define SPICE_PACKAGES "libspice-server1 spice-client-gtk openbox"
#define RDP_SERVER "freerdp-shadow-cli /port:{port} -auth -sec-nla"
#define RDP_CLIENT(options) \
	"xfreerdp /v:{address}:{port} /u:x /p:x /cert:ignore /size:{size} " \
	"/bpp:32 -decorations /network:auto /log-level:WARN " options
#define RDP_PACKAGES "freerdp2-shadow-x11 freerdp2-x11"

/* No encryption, as with the VNC servers. */
#define XRDP_FILE \
	"[Globals]\nini_version=1\nfork=false\nport={port}\n" \
	"security_layer=rdp\ncrypt_level=none\nautorun=desktop\n" \
	"max_bpp=32\nbitmap_cache=true\nbitmap_compression=true\n" \
	"[Logging]\nLogFile={folder}/gate.own.log\nLogLevel=WARNING\n" \
	"EnableSyslog=false\n[Channels]\n" \
	"[desktop]\nname=desktop\nlib=libvnc.so\nusername=na\n" \
	"password=na\nip=127.0.0.1\nport={inner}\n"

const struct peer peers[] = {
	{ "oriel", "Oriel, from an X display", NULL, PEER_CAPTURES, false,
			ORIEL_SERVER(""), ORIEL_CLIENT, NULL, NULL },
	{ "oriel-lossless", "Oriel, never a pixel that is not exact", NULL,
			PEER_CAPTURES, false, ORIEL_SERVER(" --lossless"),
			ORIEL_CLIENT, NULL, NULL },
	{ "oriel-print", "Oriel, with a printer beside the viewer", NULL,
			PEER_CAPTURES, false, ORIEL_SERVER(" --print=0"),
			ORIEL_CLIENT " --printer=file:{folder} --print=always",
			NULL, NULL },
	{ "oriel-sound", "Oriel, with what sounds on the desktop", NULL,
			PEER_CAPTURES, false,
			ORIEL_SERVER(" --sound=pulse:" PEER_SINK),
			ORIEL_CLIENT " --sound=on", NULL, NULL },
	{ "oriel-push", "Oriel, given rectangles as by a hypervisor", NULL,
			PEER_PUSHED, false,
			"{programs}/oriel-bench-push --frames={frames} "
			"--listen=tcp://{address}:{port} "
			"--password-file={folder}/password --congestion={cc}",
			ORIEL_CLIENT, NULL, NULL },
	{ "tigervnc", "TigerVNC, encoding chosen by itself", VNC_PACKAGES,
			PEER_IS_DISPLAY, false, VNC_SERVER,
			VNC_CLIENT("-AutoSelect=1"), NULL, NULL },
	{ "tigervnc-lossless", "TigerVNC, Tight without JPEG", VNC_PACKAGES,
			PEER_IS_DISPLAY, false, VNC_SERVER,
			VNC_CLIENT("-AutoSelect=0 -PreferredEncoding=Tight "
				   "-FullColor=1 -NoJPEG=1 "
				   "-CompressLevel=2"),
			NULL, NULL },
	{ "spice", "SPICE, damage as boxes, as a guest's driver draws",
			SPICE_PACKAGES, PEER_PUSHED, true,
			SPICE_SERVER("--shape=boxes"), SPICE_CLIENT, NULL,
			NULL },
	{ "spice-qemu", "SPICE, as QEMU draws without a driver in the guest",
			SPICE_PACKAGES, PEER_PUSHED, true,
			SPICE_SERVER("--shape=columns"), SPICE_CLIENT, NULL,
			NULL },
	{ "rdp-progressive", "FreeRDP's shadow server, progressive codec",
			RDP_PACKAGES, PEER_CAPTURES, false, RDP_SERVER,
			RDP_CLIENT("/gfx-progressive"), NULL, NULL },
	{ "rdp-h264", "FreeRDP's shadow server, H.264", RDP_PACKAGES,
			PEER_CAPTURES, false, RDP_SERVER,
			RDP_CLIENT("/gfx-h264:AVC420"), NULL, NULL },
	{ "x11vnc", "x11vnc with TigerVNC's viewer", "x11vnc tigervnc-viewer",
			PEER_CAPTURES, false,
			"x11vnc -display {display} -rfbport {port} -forever "
			"-shared -nopw -noipv6 -quiet",
			VNC_CLIENT("-AutoSelect=1"), NULL, NULL },
	{ "xrdp", "xrdp, showing a TigerVNC server on its own machine",
			"xrdp tigervnc-standalone-server freerdp2-x11",
			PEER_IS_DISPLAY, false, VNC_AT("{inner}"),
			RDP_CLIENT("/sec:rdp"),
			"xrdp --nodaemon -c {folder}/gate", XRDP_FILE },
	{ NULL, NULL, NULL, PEER_CAPTURES, false, NULL, NULL, NULL, NULL },
};

const struct peer *peer_find(const char *name)
{
	for (const struct peer *p = peers; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static const char *value_of(const struct peer_values *v, const char *word,
		size_t n, char number[static 12])
{
	bool inner = n == 5 && memcmp(word, "inner", n) == 0;
	snprintf(number, 12, "%d", v->port + inner);
	const struct {
		const char *name, *value;
	} words[] = {
		{ "programs", v->programs },
		{ "folder", v->folder },
		{ "display", v->display },
		{ "size", v->size },
		{ "cc", v->cc },
		{ "frames", v->frames },
		{ "port", number },
		{ "inner", number },
		{ "address", NETNS_SERVER_ADDRESS },
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].name) == n &&
				memcmp(words[i].name, word, n) == 0)
			return words[i].value;
	return NULL;
}

/* The folder of one of our programs: helpers may be in another. */
static const char *folder_of(char folder[static PROC_TEXT],
		const struct peer_values *v, const char *rest)
{
	char name[64];
	size_t n = *rest == '/' ? strcspn(++rest, " ") : 0;
	if (!n || n >= sizeof(name))
		return v->programs;
	memcpy(name, rest, n);
	name[n] = 0;
	programs_path(folder, PROC_TEXT, v->programs, name);
	*strrchr(folder, '/') = 0;
	return folder;
}

int peer_expand(char *out, size_t cap, const char *command,
		const struct peer_values *values)
{
	size_t n = 0;
	while (*command) {
		char number[12], folder[PROC_TEXT];
		const char *end = *command == '{' ? strchr(command, '}') : NULL;
		const char *value =
				end ? value_of(values, command + 1,
						      (size_t)(end - command -
								      1),
						      number)
				    : NULL;
		if (value && value == values->programs)
			value = folder_of(folder, values, end + 1);
		size_t length = value ? strlen(value) : 1;
		if (n + length >= cap)
			return -1;
		memcpy(out + n, value ? value : command, length);
		n += length;
		command = value ? end + 1 : command + 1;
	}
	out[n] = 0;
	return 0;
}

void peer_settings(char *out, size_t cap, const struct peer *p)
{
	snprintf(out, cap, "%s | %s%s%s%s%s", p->server, p->client,
			p->gate ? " | " : "", p->gate ? p->gate : "",
			p->gate_file ? " | " : "",
			p->gate_file ? p->gate_file : "");
}

bool peer_sounds(const struct peer *p)
{
	return strstr(p->server, "--sound=pulse:" PEER_SINK) != NULL;
}

static bool found(const char *program)
{
	char path[1024], copy[4096];
	const char *all = getenv("PATH");
	if (strchr(program, '/'))
		return !access(program, X_OK);
	snprintf(copy, sizeof(copy), "%s", all ? all : "/usr/bin:/bin");
	char *rest;
	for (char *dir = strtok_r(copy, ":", &rest); dir;
			dir = strtok_r(NULL, ":", &rest)) {
		snprintf(path, sizeof(path), "%.500s/%.500s", dir, program);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

int peer_installed(const struct peer *p, const char *programs, char *why,
		size_t cap)
{
	const struct peer_values values = { .programs = programs };
	const bool sounds = peer_sounds(p);
	const char *commands[] = { p->server, p->client, "openbox", "Xvfb",
		p->gate, sounds ? "pulseaudio" : NULL,
		sounds ? "{programs}/" PEER_EAR : NULL };
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		char text[2048];
		if ((i == 2 && !p->window_manager) || !commands[i])
			continue;
		if (peer_expand(text, sizeof(text), commands[i], &values))
			return -1;
		text[strcspn(text, " ")] = 0;
		if (found(text))
			continue;
		snprintf(why, cap, "%s is not installed (%s)", text,
				i == 3        ? "package xvfb"
				: i == 5      ? "package pulseaudio"
				: p->packages ? p->packages
					      : "make programs");
		return -1;
	}
	return 0;
}

static void read_command(char *out, size_t cap, const char *command)
{
	char line[512];
	FILE *in = popen(command, "r");
	*out = 0;
	while (in && fgets(line, sizeof(line), in)) {
		size_t n = strlen(out);
		line[strcspn(line, "\n")] = 0;
		snprintf(out + n, cap - n, "%s%s", n ? ", " : "", line);
	}
	if (in)
		(void)pclose(in);
}

void file_hash(char out[static 17], const char *path)
{
	static const size_t size = 1 << 16;
	FILE *in = fopen(path, "rb");
	XXH3_state_t *state = XXH3_createState();
	uint8_t *buffer = malloc(size);
	size_t n;
	*out = 0;
	if (in && state && buffer) {
		(void)XXH3_64bits_reset(state);
		while ((n = fread(buffer, 1, size, in)) > 0)
			(void)XXH3_64bits_update(state, buffer, n);
		if (!ferror(in))
			snprintf(out, 17, "%016llx",
					(unsigned long long)XXH3_64bits_digest(
							state));
	}
	if (in)
		fclose(in);
	XXH3_freeState(state);
	free(buffer);
}

/* Ours by content as well: between two releases that is what tells. */
static void own_version(char *out, size_t cap, const char *programs)
{
	static const char *const names[] = { "oriel-serve", "oriel-bench-push",
		"oriel-view" };
	char command[1200], hash[17];
	snprintf(command, sizeof(command),
			"'%.1000s/oriel-serve' --version 2>/dev/null",
			programs);
	read_command(out, cap, command);
	out[strcspn(out, ",")] = 0; /* the first line */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		programs_path(command, sizeof(command), programs, names[i]);
		file_hash(hash, command);
		size_t n = strlen(out);
		snprintf(out + n, cap - n, "%s%.8s", i ? "/" : " ", hash);
	}
}

void peer_version(char *out, size_t cap, const struct peer *p,
		const char *programs)
{
	char command[600];
	if (!p->packages) {
		own_version(out, cap, programs);
		return;
	}
	snprintf(command, sizeof(command),
			"dpkg-query -W -f '${Package} ${Version}\\n' %s "
			"2>/dev/null",
			p->packages);
	read_command(out, cap, command);
	if (!*out)
		snprintf(out, cap, "unknown");
	if (p->kind == PEER_PUSHED) {
		/* What pushes is ours, and part of the measurement. */
		char hash[17];
		size_t n = strlen(out);
		programs_path(command, sizeof(command), programs,
				"oriel-bench-spice");
		file_hash(hash, command);
		snprintf(out + n, cap - n, ", pushed by %.8s", hash);
	}
}
