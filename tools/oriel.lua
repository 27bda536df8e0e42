-- oriel.lua - Wireshark and tshark read Oriel.
--
--   tshark -X lua_script:oriel.lua -o tls.keylog_file:FILE -r capture.pcap
--
-- FILE is what oriel-serve --keylog=FILE wrote; without it there is nothing
-- to read, for Oriel is never sent over TCP in the clear. The tables between
-- the two marks are made from proto/messages.def by `make doc`.

-- messages
local records = {
	row_hash = {
		{ "hash", "u64", "XXH3-64 of the exact cells of one cell row" },
	},
	copy = {
		{ "x", "u16", "destination, left" },
		{ "y", "u16", "destination, top" },
		{ "width", "u16", "columns", 1, 16384 },
		{ "height", "u16", "rows", 1, 16384 },
		{ "from_x", "u16", "source, left" },
		{ "from_y", "u16", "source, top" },
	},
	block = {
		{ "col", "u16", "left, in cells", 0, 1023 },
		{ "row", "u16", "top, in cells", 0, 1023 },
		{ "cols", "u8", "cells", 1, 255 },
		{ "rows", "u8", "cells", 1, 255 },
		{ "op", "u8", "1 HCX, 2 RES, 3 zstd, 4 LZ4", 1, 4 },
	},
	section = {
		{ "bytes", "u32", "bytes", 0, 262144 },
	},
	area = {
		{ "col", "u16", "left, in cells", 0, 1023 },
		{ "row", "u16", "top, in cells", 0, 1023 },
		{ "cols", "u16", "cells", 1, 1024 },
		{ "rows", "u16", "cells", 1, 1024 },
	},
	usb_interface = {
		{ "class", "u8", "bInterfaceClass" },
		{ "subclass", "u8", "bInterfaceSubClass" },
		{ "protocol", "u8", "bInterfaceProtocol" },
	},
	print_size = {
		{ "width", "u32", "hundredths of a millimetre", 1000, 200000 },
		{ "length", "u32", "hundredths of a millimetre", 1000, 200000 },
	},
	print_place = {
		{ "job", "u32", "which one", 1, 2147483647 },
		{ "taken", "u64", "as in print_more" },
		{ "limit", "u64", "as in print_more" },
		{ "ended", "bool", "print_end has come" },
	},
}

local messages = {
	[0x0001] = { name = "client_hello", doc = "The first message: what the client speaks.",
		{ "oldest", "u16", "oldest protocol version that will do", 1, 65535 },
		{ "newest", "u16", "newest protocol version, >= oldest", 1, 65535 },
		{ "caps", "u64", "capabilities offered, see Session" },
		{ "clock", "u64", "sender's clock in ns" },
		{ "max_pixels", "u32", "largest display that will be decoded", 1, 67108864 },
		{ "session", "bytes", "session to resume or join, else empty", 0, 16 },
		{ "name", "text", "for people: the client's host name", 0, 256 },
	},
	[0x0002] = { name = "server_hello", doc = "The answer: what will be spoken.",
		{ "version", "u16", "version chosen", 1, 65535 },
		{ "caps", "u64", "capabilities in force: offered by both" },
		{ "clock", "u64", "sender's clock in ns" },
		{ "resumable", "bool", "the session named can be resumed" },
		{ "name", "text", "for people: the server's name", 0, 256 },
		{ "methods", "text", "login methods, space separated, best first", 0, 256 },
	},
	[0x0003] = { name = "login", doc = "One step of a login method.",
		{ "method", "text", "one of server_hello.methods", 0, 32 },
		{ "step", "u8", "0, 1, ... within the method" },
		{ "blob", "rest", "opaque: the method's", 0, 1024 },
	},
	[0x0004] = { name = "challenge", doc = "The server's side of a login step.",
		{ "method", "text", "as in the login it answers", 0, 32 },
		{ "step", "u8", "as in the login it answers" },
		{ "blob", "rest", "opaque: the method's", 0, 1024 },
	},
	[0x0005] = { name = "welcome", doc = "Login or resumption succeeded.",
		{ "rights", "u32", "bits of oriel_rights" },
		{ "epoch", "u32", "serial of these rights" },
		{ "session", "bytes", "names this session on later connections", 0, 16 },
		{ "proof", "bytes", "the method's last word, checked before anything else", 0, 1024 },
	},
	[0x0006] = { name = "refused", doc = "Login failed; the connection ends.",
		{ "code", "u8", "1 version, 2 login, 3 busy, 4 policy, 5 internal", 1, 5 },
		{ "retry_ms", "u32", "do not come back sooner" },
		{ "why", "text", "for people, may be empty", 0, 256 },
	},
	[0x0007] = { name = "resumption", doc = "What resumes this session without a password.",
		{ "lifetime", "u32", "seconds that it is good for" },
		{ "key", "bytes", "secret: the proof is made with it", 0, 32 },
		{ "sealed", "rest", "opaque: only the server reads it", 0, 512 },
	},
	[0x0008] = { name = "resume", doc = "Proof of a token, instead of a login.",
		{ "proof", "bytes", "HMAC-SHA-256, see Resumption", 0, 32 },
		{ "sealed", "rest", "resumption.sealed, unchanged", 0, 512 },
	},
	[0x0009] = { name = "join", doc = "Add this connection to a running session as a lane.",
		{ "channels", "u8", "bit n: channel n moves here; 0 to 2 only", 1, 7 },
		{ "proof", "bytes", "HMAC-SHA-256, see Lanes", 0, 32 },
	},
	[0x000a] = { name = "bye", doc = "The sender ends the session.",
		{ "code", "u8", "0 done, 1 protocol, 2 denied, 3 idle, 4 internal, 5 shutdown, 6 limit, 7 replaced", 0, 7 },
		{ "why", "text", "for people, may be empty", 0, 256 },
	},
	[0x000b] = { name = "credit", doc = "More bytes of a channel may be sent.",
		{ "channel", "u8", "which channel", 1, 6 },
		{ "bytes", "u32", "added to what may be sent", 1, 1073741824 },
	},
	[0x000c] = { name = "ping", doc = "Keep-alive and clock probe; pong answers at once.",
		{ "serial", "u32", "echoed" },
		{ "clock", "u64", "sender's clock in ns" },
	},
	[0x000d] = { name = "pong", doc = "Answers ping.",
		{ "serial", "u32", "of the ping" },
		{ "clock", "u64", "sender's clock in ns" },
	},
	[0x000e] = { name = "rights", doc = "What the client may do has changed.",
		{ "rights", "u32", "bits of oriel_rights" },
		{ "epoch", "u32", "serial of these rights" },
	},
	[0x000f] = { name = "rights_seen", doc = "The client acts by these rights from here on.",
		{ "epoch", "u32", "of welcome or rights" },
	},
	[0x0010] = { name = "owner", doc = "Who holds keyboard and pointer.",
		{ "yours", "bool", "this client does" },
		{ "name", "text", "of the client that does, may be empty", 0, 256 },
	},
	[0x0011] = { name = "take", doc = "The client wants to hold keyboard and pointer, or gives them up.",
		{ "take", "bool", "wants" },
	},
	[0x0012] = { name = "notice", doc = "A sentence for the person in front.",
		{ "level", "u8", "0 information, 1 warning, 2 the desktop is gone", 0, 2 },
		{ "text", "text", "UTF-8, empty takes it back", 0, 512 },
	},
	[0x0020] = { name = "key", doc = "A key went down or up.",
		{ "seq", "u32", "serial of this input" },
		{ "usage", "u32", "USB HID usage, page << 16 | id" },
		{ "down", "bool", "it went down" },
		{ "keysym", "u32", "X keysym it had at the client, 0 is unknown" },
		{ "time", "u32", "client's clock in us, low 32 bits" },
	},
	[0x0021] = { name = "pointer", doc = "The pointer moved, or a button or wheel did.",
		{ "seq", "u32", "serial of this input" },
		{ "display", "u8", "which display", 0, 15 },
		{ "flags", "u8", "1: x, y are relative motion in 1/256 pixel", 0, 1 },
		{ "x", "i32", "pixels from the left, or motion" },
		{ "y", "i32", "pixels from the top, or motion" },
		{ "buttons", "u32", "state after it: bit n is button n + 1 of the HID page" },
		{ "wheel_x", "u16", "two's complement, 120 a notch, right is positive" },
		{ "wheel_y", "u16", "two's complement, 120 a notch, up is positive" },
		{ "time", "u32", "client's clock in us, low 32 bits" },
	},
	[0x0022] = { name = "touch", doc = "A finger.",
		{ "seq", "u32", "serial of this input" },
		{ "display", "u8", "which display", 0, 15 },
		{ "contact", "u32", "the same from down to up" },
		{ "phase", "u8", "0 down, 1 moved, 2 up", 0, 2 },
		{ "x", "i32", "pixels from the left" },
		{ "y", "i32", "pixels from the top" },
		{ "time", "u32", "client's clock in us, low 32 bits" },
	},
	[0x0023] = { name = "text", doc = "Characters that no physical key makes.",
		{ "seq", "u32", "serial of this input" },
		{ "text", "text", "UTF-8", 0, 256 },
	},
	[0x0024] = { name = "held", doc = "All that is down now; the server corrects itself.",
		{ "seq", "u32", "serial of the last input before it" },
		{ "keys", "bytes", "bit n of byte n / 8: usage 0x070000 + n is down", 0, 32 },
		{ "buttons", "u32", "pointer buttons that are down" },
		{ "locks", "u8", "1 Caps, 2 Num, 4 Scroll Lock is on at the client", 0, 7 },
	},
	[0x0025] = { name = "locks", doc = "The desktop's lock keys.",
		{ "locks", "u8", "1 Caps, 2 Num, 4 Scroll Lock is on", 0, 7 },
	},
	[0x0026] = { name = "pointer_mode", doc = "What kind of pointer motion the desktop takes.",
		{ "relative", "bool", "relative only: lock the pointer" },
	},
	[0x0027] = { name = "cursor_pos", doc = "The desktop has put the pointer there.",
		{ "display", "u8", "which display", 0, 15 },
		{ "x", "i32", "pixels from the left" },
		{ "y", "i32", "pixels from the top" },
	},
	[0x0030] = { name = "ack", doc = "A commit, and all before it, has been shown.",
		{ "display", "u8", "which display", 0, 15 },
		{ "frame", "u32", "of the newest commit shown" },
		{ "received", "u32", "when its last byte came, client's clock in us" },
		{ "decoded", "u32", "when it was decoded, same clock" },
		{ "shown", "u32", "when it was handed to the display, same clock" },
		{ "sent", "u32", "when this ack was made, same clock" },
		{ "decode_us", "u32", "time spent decoding since the last ack" },
		{ "cells", "u32", "cells decoded in that time" },
	},
	[0x0031] = { name = "checked", doc = "The client's own values for a check.",
		{ "display", "u8", "which display", 0, 15 },
		{ "serial", "u32", "of the check" },
		{ "rows", "list", "as many as in the check", 0, 1024, "row_hash" },
	},
	[0x0032] = { name = "resize", doc = "The client would like another size.",
		{ "display", "u8", "which display", 0, 15 },
		{ "width", "u16", "pixels", 1, 16384 },
		{ "height", "u16", "pixels", 1, 16384 },
		{ "scale", "u16", "percent", 50, 500 },
	},
	[0x0033] = { name = "visible", doc = "Whether anybody can see a display.",
		{ "display", "u8", "which display", 0, 15 },
		{ "visible", "bool", "somebody can" },
	},
	[0x0034] = { name = "refresh", doc = "The client lost a picture: reset and send it again.",
		{ "display", "u8", "which display", 0, 15 },
	},
	[0x0036] = { name = "video_lost", doc = "A frame could not be decoded: the next one that is a keyframe will be.",
		{ "display", "u8", "which display", 0, 15 },
		{ "stream", "u8", "which video", 0, 7 },
		{ "number", "u32", "of the first frame that is missing" },
	},
	[0x00fe] = { name = "cancel", doc = "The sender drops a stream; channels 4 to 6.",
		{ "stream", "u32", "which stream of the channel" },
	},
	[0x00ff] = { name = "pad", doc = "Nothing: its length is all it is for.",
		{ "zeros", "rest", "ignored", 0, 16380 },
	},
	[0x0201] = { name = "cursor_shape", doc = "A picture of the pointer; it is shown from now on.",
		{ "slot", "u8", "where the client keeps it", 0, 63 },
		{ "width", "u16", "pixels", 1, 256 },
		{ "height", "u16", "pixels", 1, 256 },
		{ "hot_x", "u16", "hot spot, < width" },
		{ "hot_y", "u16", "hot spot, < height" },
		{ "data", "rest", "zstd of premultiplied ARGB8888 rows", 0, 263168 },
	},
	[0x0202] = { name = "cursor_use", doc = "Show a picture sent before, or none.",
		{ "shown", "bool", "0 hides the pointer" },
		{ "slot", "u8", "which one; 0 when hidden", 0, 63 },
	},
	[0x0301] = { name = "display", doc = "A display appears or changes; its canvas starts afresh.",
		{ "display", "u8", "which display", 0, 15 },
		{ "x", "i32", "place in the desktop" },
		{ "y", "i32", "place in the desktop" },
		{ "width", "u16", "pixels", 1, 16384 },
		{ "height", "u16", "pixels", 1, 16384 },
		{ "scale", "u16", "percent that the desktop is drawn at", 50, 500 },
		{ "slices", "u8", "1, 2 or 4 bands with contexts of their own", 1, 4 },
		{ "name", "text", "for people", 0, 64 },
	},
	[0x0302] = { name = "display_gone", doc = "A display was taken away.",
		{ "display", "u8", "which display", 0, 15 },
	},
	[0x0303] = { name = "part", doc = "Some of a transaction: copies, then blocks.",
		{ "display", "u8", "which display", 0, 15 },
		{ "transaction", "u8", "which open transaction it belongs to", 0, 7 },
		{ "copies", "list", "destinations are disjoint", 0, 1024, "copy" },
		{ "blocks", "list", "disjoint", 0, 8192, "block" },
		{ "sections", "list", "lengths of all sections but the last", 0, 4, "section" },
		{ "data", "rest", "the sections, see Canvas", 0, 262144 },
	},
	[0x0304] = { name = "commit", doc = "A transaction is whole: show it.",
		{ "display", "u8", "which display", 0, 15 },
		{ "transaction", "u8", "which one; its number is free again", 0, 7 },
		{ "frame", "u32", "serial of the commit, the ack's" },
		{ "input_seq", "u32", "newest input whose effect may be seen in it" },
		{ "time", "u32", "of capture, server's clock in us, low 32 bits" },
		{ "refined", "bool", "nothing new: what was there, with less lost" },
	},
	[0x0305] = { name = "reset", doc = "Fresh contexts, no cell exact, open transactions dropped.",
		{ "display", "u8", "which display", 0, 15 },
	},
	[0x0306] = { name = "check", doc = "What the exact cells must hash to.",
		{ "display", "u8", "which display", 0, 15 },
		{ "serial", "u32", "echoed" },
		{ "frame", "u32", "the newest commit before it" },
		{ "clean", "bool", "all cells are exact and nothing is waiting" },
		{ "first", "u16", "first cell row", 0, 1023 },
		{ "rows", "list", "one value a cell row from there on", 0, 1024, "row_hash" },
	},
	[0x0307] = { name = "cells_lossy", doc = "These cells leave the exact picture until a block covers them.",
		{ "display", "u8", "which display", 0, 15 },
		{ "generation", "u32", "what is painted there names it", 1, 4294967295 },
		{ "areas", "list", "which cells", 0, 1024, "area" },
	},
	[0x0308] = { name = "picture", doc = "Part of a transaction: a JPEG over lossy cells.",
		{ "display", "u8", "which display", 0, 15 },
		{ "transaction", "u8", "which open transaction it belongs to", 0, 7 },
		{ "generation", "u32", "it paints cells of this one only", 1, 4294967295 },
		{ "col", "u16", "left, in cells", 0, 1023 },
		{ "row", "u16", "top, in cells", 0, 1023 },
		{ "cols", "u16", "cells", 1, 1024 },
		{ "rows", "u16", "cells", 1, 1024 },
		{ "scale", "u8", "1, 2, 4 or 8 pixels of the display for one of it", 1, 8 },
		{ "reason", "u8", "why it is not exact, for people" },
		{ "data", "rest", "the JPEG, see The lossy layer", 0, 262144 },
	},
	[0x0309] = { name = "video_open", doc = "A video plays in a rectangle; its frames follow.",
		{ "display", "u8", "which display", 0, 15 },
		{ "stream", "u8", "names it until it is closed", 0, 7 },
		{ "codec", "u8", "1 VP8, 2 VP9, 3 H.264", 1, 3 },
		{ "colour", "u8", "1 BT.601, 2 BT.709; 4:2:0 of limited range", 1, 2 },
		{ "generation", "u32", "its frames paint cells of this one only", 1, 4294967295 },
		{ "x", "u16", "pixels from the left" },
		{ "y", "u16", "pixels from the top" },
		{ "width", "u16", "columns, as shown", 16, 4096 },
		{ "height", "u16", "rows, as shown", 16, 4096 },
	},
	[0x030a] = { name = "video_frame", doc = "Part of a transaction: the next frame of a video.",
		{ "display", "u8", "which display", 0, 15 },
		{ "stream", "u8", "which video", 0, 7 },
		{ "transaction", "u8", "which open transaction it belongs to", 0, 7 },
		{ "number", "u32", "counts the stream's frames, from 0" },
		{ "reference", "u32", "the frame that it needs; its own number: a keyframe" },
		{ "data", "rest", "the frame, see Video", 0, 262144 },
	},
	[0x030b] = { name = "video_move", doc = "The video plays elsewhere, as large as it was.",
		{ "display", "u8", "which display", 0, 15 },
		{ "stream", "u8", "which video", 0, 7 },
		{ "x", "u16", "pixels from the left" },
		{ "y", "u16", "pixels from the top" },
	},
	[0x030c] = { name = "video_close", doc = "No more frames of it.",
		{ "display", "u8", "which display", 0, 15 },
		{ "stream", "u8", "which video; its number is free again", 0, 7 },
	},
	[0x0101] = { name = "sound_open", doc = "A stream of sound begins, or goes on in another form.",
		{ "stream", "u8", "which stream", 0, 3 },
		{ "codec", "u8", "1 Opus, 2 PCM: 16 bit, interleaved, little endian", 1, 2 },
		{ "channels", "u8", "1 mono, 2 stereo", 1, 2 },
		{ "frames", "u16", "of 1/48000 s in each packet: 120, 240, 480 or 960", 120, 960 },
	},
	[0x0102] = { name = "sound", doc = "A packet of sound.",
		{ "stream", "u8", "which stream", 0, 3 },
		{ "serial", "u16", "one more than that of the packet before" },
		{ "time", "u32", "of capture of its first frame, server's clock in us, low 32 bits" },
		{ "data", "rest", "as sound_open said", 0, 3840 },
	},
	[0x0103] = { name = "sound_pause", doc = "There is nothing to hear until the next packet.",
		{ "stream", "u8", "which stream", 0, 3 },
		{ "closed", "bool", "the stream has ended" },
	},
	[0x0104] = { name = "sound_volume", doc = "How loud the desktop wants a stream; 256 unless said.",
		{ "stream", "u8", "which stream", 0, 3 },
		{ "left", "u16", "of 256; of mono streams too", 0, 256 },
		{ "right", "u16", "of 256", 0, 256 },
	},
	[0x0110] = { name = "listen", doc = "Whether anybody listens; yes, unless said.",
		{ "on", "bool", "somebody does" },
	},
	[0x0120] = { name = "mic_wanted", doc = "The desktop listens to a microphone, or no longer.",
		{ "on", "bool", "it does" },
	},
	[0x0121] = { name = "mic_open", doc = "The microphone is on, or goes on in another form.",
		{ "codec", "u8", "as in sound_open", 1, 2 },
		{ "channels", "u8", "as in sound_open", 1, 2 },
		{ "frames", "u16", "as in sound_open", 120, 960 },
	},
	[0x0122] = { name = "mic", doc = "A packet of what the microphone hears.",
		{ "serial", "u16", "one more than that of the packet before" },
		{ "time", "u32", "of capture of its first frame, client's clock in us, low 32 bits" },
		{ "data", "rest", "as mic_open said", 0, 3840 },
	},
	[0x0123] = { name = "mic_pause", doc = "There is nothing to hear until the next packet.",
		{ "closed", "bool", "the microphone is off" },
	},
	[0x0401] = { name = "usb_attach", doc = "A device that the desktop may have.",
		{ "device", "u32", "names it: larger than any before", 1, 4294967295 },
		{ "vendor", "u16", "idVendor" },
		{ "product", "u16", "idProduct" },
		{ "release", "u16", "bcdDevice" },
		{ "class", "u8", "bDeviceClass" },
		{ "subclass", "u8", "bDeviceSubClass" },
		{ "protocol", "u8", "bDeviceProtocol" },
		{ "speed", "u8", "0 unknown, 1 low, 2 full, 3 high, 4 super", 0, 4 },
		{ "interfaces", "list", "of its configuration", 0, 32, "usb_interface" },
		{ "name", "text", "for people", 0, 128 },
	},
	[0x0402] = { name = "usb_answer", doc = "What becomes of that.",
		{ "device", "u32", "which" },
		{ "answer", "u8", "0 it is open, 1 it has to wait, 2 refused: forgotten", 0, 2 },
		{ "why", "text", "for people; empty when it is open", 0, 256 },
	},
	[0x0403] = { name = "usb_data", doc = "Bytes of the usbredir protocol.",
		{ "device", "u32", "which" },
		{ "data", "rest", "at least one byte", 0, 16384 },
	},
	[0x0404] = { name = "usb_credit", doc = "More bytes of a device may be sent.",
		{ "device", "u32", "which" },
		{ "bytes", "u32", "in all no more than were used", 1, 262144 },
	},
	[0x0405] = { name = "usb_detach", doc = "The device is gone: forgotten.",
		{ "device", "u32", "which" },
		{ "why", "text", "for people; empty: it was asked for", 0, 256 },
	},
	[0x0501] = { name = "clip_offer", doc = "What could be pasted from now on.",
		{ "selection", "u8", "0 clipboard, 1 primary selection", 0, 1 },
		{ "serial", "u32", "orders the offers of both ends, see Clipboard", 1, 4294967295 },
		{ "types", "text", "MIME types, space separated, best first; empty: nothing", 0, 2048 },
	},
	[0x0502] = { name = "clip_seen", doc = "An offer has come; another may follow.",
		{ "selection", "u8", "of the offer", 0, 1 },
		{ "serial", "u32", "of the offer", 1, 4294967295 },
	},
	[0x0503] = { name = "clip_request", doc = "Somebody pastes: send it.",
		{ "stream", "u32", "names the bytes: odd from clients, even from servers", 1, 4294967295 },
		{ "selection", "u8", "of the offer", 0, 1 },
		{ "serial", "u32", "of the offer", 1, 4294967295 },
		{ "window", "u32", "bytes that may be sent before clip_more", 1024, 1048576 },
		{ "type", "text", "one of the offer's types", 0, 128 },
	},
	[0x0504] = { name = "clip_begin", doc = "The answer: it comes.",
		{ "stream", "u32", "of the request", 1, 4294967295 },
		{ "size", "u8", "total is 0 not known, 1 the least, 2 exact", 0, 2 },
		{ "total", "u64", "bytes that will follow; 0 when not known" },
	},
	[0x0505] = { name = "clip_data", doc = "Some of it.",
		{ "stream", "u32", "of the request", 1, 4294967295 },
		{ "data", "rest", "bytes", 0, 16384 },
	},
	[0x0506] = { name = "clip_end", doc = "That was all of it.",
		{ "stream", "u32", "of the request", 1, 4294967295 },
	},
	[0x0507] = { name = "clip_more", doc = "More of it may be sent.",
		{ "stream", "u32", "of the request", 1, 4294967295 },
		{ "bytes", "u32", "added to what may be sent", 1, 1048576 },
	},
	[0x0508] = { name = "clip_refused", doc = "It does not come, or not all of it; or an offer is not used.",
		{ "stream", "u32", "of the request, 0: the newest offer" },
		{ "code", "u8", "1 no longer offered, 2 denied, 3 too large, 4 no such type, 5 failed, 6 timed out, 7 busy", 1, 7 },
		{ "why", "text", "for people, may be empty", 0, 256 },
	},
	[0x0601] = { name = "printer", doc = "A printer beside the client, or what has become of it.",
		{ "printer", "u8", "the client's number of it", 0, 15 },
		{ "standard", "bool", "the person prints there unless told otherwise" },
		{ "formats", "u8", "1 PWG raster, 2 JPEG, 4 PDF", 1, 7 },
		{ "colours", "u8", "1 grey, 2 colour", 1, 3 },
		{ "sides", "u8", "1 one, 2 both, long edge, 4 both, short edge", 1, 7 },
		{ "qualities", "u8", "1 draft, 2 normal, 4 high", 1, 7 },
		{ "resolutions", "u8", "dots an inch: 1 150, 2 200, 4 300, 8 360, 16 600, 32 720, 64 1200", 1, 127 },
		{ "margin_x", "u16", "left and right, hundredths of a millimetre", 0, 5000 },
		{ "margin_y", "u16", "top and bottom, the same", 0, 5000 },
		{ "state", "u8", "0 idle, 1 printing, 2 stopped", 0, 2 },
		{ "reasons", "u16", "bits, see Printing", 0, 1023 },
		{ "usual", "u8", "which of the sizes it uses unless told otherwise", 0, 31 },
		{ "name", "text", "for people", 0, 64 },
		{ "media", "list", "sizes of paper that it takes; at least one", 0, 32, "print_size" },
	},
	[0x0602] = { name = "printer_gone", doc = "A printer was taken away.",
		{ "printer", "u8", "which one", 0, 15 },
	},
	[0x0603] = { name = "print_more", doc = "How far a job has been taken, and may go.",
		{ "job", "u32", "which one", 1, 2147483647 },
		{ "taken", "u64", "bytes that need not be sent again" },
		{ "limit", "u64", "bytes that may be sent, from the beginning" },
	},
	[0x0604] = { name = "print_status", doc = "What has become of a job; 3 to 5 end it.",
		{ "job", "u32", "which one", 1, 2147483647 },
		{ "state", "u8", "0 waiting, 1 printing, 2 stopped, 3 done, 4 cancelled, 5 failed", 0, 5 },
		{ "reasons", "u16", "bits, see Printing", 0, 1023 },
		{ "text", "text", "for people, may be empty", 0, 256 },
	},
	[0x0608] = { name = "print_known", doc = "After a resumption, before all else here: where to go on.",
		{ "jobs", "list", "those that go on; others begin again, or have failed", 0, 16, "print_place" },
	},
	[0x0605] = { name = "print_begin", doc = "Somebody prints.",
		{ "job", "u32", "the server's number of it", 1, 2147483647 },
		{ "printer", "u8", "where", 0, 15 },
		{ "format", "u8", "0 PWG raster, 1 JPEG, 2 PDF", 0, 2 },
		{ "copies", "u16", "how many", 1, 999 },
		{ "colour", "u8", "0 as usual, 1 grey, 2 colour", 0, 2 },
		{ "sides", "u8", "0 as usual, 1 one, 2 both, long edge, 3 both, short edge", 0, 3 },
		{ "quality", "u8", "0 as usual, 1 draft, 2 normal, 3 high", 0, 3 },
		{ "resolution", "u16", "dots an inch, 0 as usual", 0, 2400 },
		{ "width", "u32", "of the paper, hundredths of a millimetre; 0 as usual", 0, 200000 },
		{ "length", "u32", "the same; 0 as usual", 0, 200000 },
		{ "first", "u32", "page of a PDF to begin with, 0 all of them" },
		{ "last", "u32", "page to end with" },
		{ "title", "text", "for people", 0, 256 },
	},
	[0x0606] = { name = "print_data", doc = "Bytes of a job.",
		{ "job", "u32", "which one", 1, 2147483647 },
		{ "offset", "u64", "how many were before these" },
		{ "data", "rest", "the bytes", 0, 16360 },
	},
	[0x0607] = { name = "print_end", doc = "There are no more bytes.",
		{ "job", "u32", "which one", 1, 2147483647 },
		{ "bytes", "u64", "how many there were" },
	},
}
-- /messages

local oriel = Proto("oriel", "Oriel remote display")
local channel_names = { [0] = "control", "sound", "cursor", "display", "usb",
	"clipboard", "print" }
local CANCEL, PAD = 0xfe, 0xff

local f_length = ProtoField.uint16("oriel.length", "Chunk length")
local f_flags = ProtoField.uint8("oriel.flags", "Flags", base.HEX)
local f_channel = ProtoField.uint8("oriel.channel", "Channel", base.DEC,
	channel_names, 0x07)
local f_more = ProtoField.bool("oriel.more", "Message goes on", 8, nil, 0x08)
local f_fragment = ProtoField.bytes("oriel.fragment", "Part of a message")
local f_id = ProtoField.uint16("oriel.id", "Message", base.HEX)
local f_name = ProtoField.string("oriel.message", "Message name")
local fields = { f_length, f_flags, f_channel, f_more, f_fragment, f_id, f_name }

local e_unknown = ProtoExpert.new("oriel.unknown", "Unknown message",
	expert.group.UNDECODED, expert.severity.WARN)
local e_bad = ProtoExpert.new("oriel.bad", "Broken message",
	expert.group.MALFORMED, expert.severity.ERROR)
oriel.experts = { e_unknown, e_bad }

-- A ProtoField for each field; its place in the table's row is .field.
local function declare(owner, list)
	for _, f in ipairs(list) do
		local abbr, kind = "oriel." .. owner .. "." .. f[1], f[2]
		local make = ({ u8 = ProtoField.uint8, u16 = ProtoField.uint16,
			u32 = ProtoField.uint32, u64 = ProtoField.uint64,
			i32 = ProtoField.int32, list = ProtoField.uint16 })[kind]
		if make then
			f.field = make(abbr, f[1], base.DEC, nil, nil, f[3])
		elseif kind == "bool" then
			f.field = ProtoField.bool(abbr, f[1], base.NONE, nil, nil, f[3])
		elseif kind == "text" then
			f.field = ProtoField.string(abbr, f[1], base.UNICODE, f[3])
		else
			f.field = ProtoField.bytes(abbr, f[1], base.NONE, f[3])
		end
		fields[#fields + 1] = f.field
	end
end

for name, list in pairs(records) do declare(name, list) end
for _, m in pairs(messages) do declare(m.name, m) end
oriel.fields = fields

local width = { u8 = 1, u16 = 2, u32 = 4, i32 = 4, u64 = 8, bool = 1 }

-- Take the fields of list from tvb at `at`; the next place, nil if broken.
local function take(tvb, at, list, tree)
	for _, f in ipairs(list) do
		local kind, lo, hi, left = f[2], f[4], f[5], tvb:len() - at
		local n = width[kind]
		if n then
			if left < n then return nil end
			local item = tree:add_le(f.field, tvb(at, n))
			local v = n < 8 and tvb(at, n):le_uint()
			if v and (lo and (v < lo or v > hi) or
					kind == "bool" and v > 1) then
				item:add_proto_expert_info(e_bad)
			end
			at = at + n
		elseif kind == "list" then
			if left < 2 then return nil end
			local count = tvb(at, 2):le_uint()
			local item = tree:add_le(f.field, tvb(at, 2))
			if count > hi then return nil end
			at = at + 2
			for i = 0, count - 1 do
				local sub = item:add(oriel, tvb(at),
					f[6] .. " " .. i)
				local after = take(tvb, at, records[f[6]], sub)
				if not after then return nil end
				sub:set_len(after - at)
				at = after
			end
		else
			local head = ({ bytes = 4, text = 2, rest = 0 })[kind]
			if left < head then return nil end
			n = left
			if head > 0 then n = tvb(at, head):le_uint() end
			if n > hi or n > left - head then return nil end
			if n > 0 then
				tree:add(f.field, tvb(at + head, n))
			end
			at = at + head + n
		end
	end
	return at
end

local function show(tvb, channel, pinfo, tree)
	local low = tvb(0, 1):uint()
	local id = channel * 256 + low
	if low == PAD or low == CANCEL then id = low end
	local m = messages[id]
	local name = m and m.name or string.format("0x%04x", id)
	local sub = tree:add(oriel, tvb(), "Oriel " .. name)
	sub:add(f_id, tvb(0, 1), id)
	sub:add(f_name, tvb(0, 1), name)
	if not m then
		sub:add_proto_expert_info(e_unknown)
	elseif take(tvb, 1, m, sub) ~= tvb:len() then
		sub:add_proto_expert_info(e_bad)
	end
	pinfo.cols.info:append(" " .. name)
end

-- Messages that go on, by stream, sender and channel; and, so that a packet
-- can be looked at again, what was whole at which chunk of which packet.
local pending, whole = {}, {}

function oriel.init()
	pending, whole = {}, {}
end

local f_stream = Field.new("tcp.stream")

local function chunk(tvb, pinfo, tree)
	local n, flags = tvb(0, 2):le_uint(), tvb(2, 1):uint()
	local channel, more = flags % 8, flags % 16 >= 8
	local head = tree:add(oriel, tvb(), string.format(
		"Oriel chunk, %s, %d bytes", channel_names[channel] or "?", n))
	head:add_le(f_length, tvb(0, 2))
	local bits = head:add(f_flags, tvb(2, 1))
	bits:add(f_channel, tvb(2, 1))
	bits:add(f_more, tvb(2, 1))
	if n == 0 or n > 16381 or channel == 7 or flags >= 16 then
		head:add_proto_expert_info(e_bad)
		return
	end
	local nth = (tonumber(pinfo.private.oriel_chunks) or 0) + 1
	pinfo.private.oriel_chunks = tostring(nth)
	local place = pinfo.number .. "/" .. nth
	if not pinfo.visited then
		local stream = f_stream()
		local key = table.concat({ stream and stream.value or 0,
			tostring(pinfo.src), pinfo.src_port, channel }, "/")
		local before = pending[key]
		if before then
			before:append(tvb(3, n):bytes())
		elseif more then
			before = tvb(3, n):bytes()
		end
		pending[key] = more and before or nil
		if before and not more then whole[place] = before end
	end
	if more or whole[place] then
		head:add(f_fragment, tvb(3, n))
	end
	if whole[place] then
		show(whole[place]:tvb("Oriel message"), channel, pinfo, tree)
	elseif not more then
		show(tvb(3, n):tvb(), channel, pinfo, tree)
	end
end

function oriel.dissector(tvb, pinfo, tree)
	local at = 0
	pinfo.cols.protocol = "Oriel"
	if at == 0 and not pinfo.private.oriel_chunks then
		pinfo.cols.info:set("")
	end
	while at < tvb:len() do
		local left = tvb:len() - at
		local need = left < 3 and DESEGMENT_ONE_MORE_SEGMENT or
			tvb(at, 2):le_uint() + 3 - left
		if left < 3 or need > 0 then
			pinfo.desegment_offset = at
			pinfo.desegment_len = need
			return at
		end
		local n = tvb(at, 2):le_uint() + 3
		chunk(tvb(at, n):tvb(), pinfo, tree)
		at = at + n
	end
	return at
end

DissectorTable.get("tls.alpn"):add("oriel/1", oriel)
DissectorTable.get("tls.port"):add(5910, oriel)
DissectorTable.get("tcp.port"):add(5910, Dissector.get("tls"))
DissectorTable.get("tcp.port"):add_for_decode_as(oriel)
