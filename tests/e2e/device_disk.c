/*
 * device_disk.c - devices that carry bulk: a disk, made of a file, in the
 * Bulk-Only Transport of SCSI; a printer, that appends to a file; and one of
 * no class that counts, for measuring.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/device.h"

enum { BLOCK = 512 };

/* What a disk is about to do. */
enum phase { COMMAND, DATA_IN, DATA_OUT, STATUS };

static uint8_t *image;
static size_t image_n;
static int paper;

static struct {
	enum phase phase;
	uint8_t tag[4], status, small[64];
	uint32_t residue;
	uint8_t *from, *to;
	size_t left, wanted;
} disk;

/* ---- a disk ------------------------------------------------------------ */

static void disk_open(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR);

	if (fd < 0 || fstat(fd, &st) < 0)
		device_die(path);
	image_n = (size_t)st.st_size;
	image = mmap(NULL, image_n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED)
		device_die(path);
}

static void disk_reset(void)
{
	disk.phase = COMMAND;
}

static bool disk_control(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h,
		const uint8_t *data)
{
	(void)data;
	out[0] = 0; /* one unit */
	*n = 1;
	return h->requesttype == 0xa1 && h->request == 0xfe;
}

static uint32_t big(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return be32toh(v);
}

static void transfer(const uint8_t *c)
{
	size_t at = (size_t)big(c + 2) * BLOCK;
	size_t n = (size_t)(c[7] << 8 | c[8]) * BLOCK;

	if (at > image_n || n > image_n - at) {
		disk.status = 1;
		return;
	}
	if (c[0] == 0x28)
		disk.from = image + at;
	else
		disk.to = image + at;
	disk.left = n;
}

static void command(const uint8_t *c, uint32_t wanted, bool in)
{
	uint32_t last = htobe32((uint32_t)(image_n / BLOCK - 1));
	uint32_t block = htobe32(BLOCK);

	disk.status = 0;
	disk.from = disk.small;
	disk.to = NULL;
	disk.left = 0;
	memset(disk.small, 0, sizeof(disk.small));
	switch (c[0]) {
	case 0x12: /* inquiry */
		memcpy(disk.small, "\0\200\5\2\37", 5);
		memcpy(disk.small + 8, "Oriel   Test disk       1.0 ", 28);
		disk.left = 36;
		break;
	case 0x03: /* request sense */
		disk.small[0] = 0x70;
		disk.small[2] = 5;
		disk.small[7] = 10;
		disk.small[12] = 0x20;
		disk.left = 18;
		break;
	case 0x25: /* capacity */
		memcpy(disk.small, &last, 4);
		memcpy(disk.small + 4, &block, 4);
		disk.left = 8;
		break;
	case 0x1a: /* mode sense */
		disk.small[0] = 3;
		disk.left = 4;
		break;
	case 0x28:
	case 0x2a:
		transfer(c);
		break;
	case 0x00:
	case 0x1b:
	case 0x1e:
	case 0x35:
		break;
	default:
		disk.status = 1;
	}
	disk.left = disk.left < wanted ? disk.left : wanted;
	disk.wanted = wanted;
	disk.residue = wanted - (uint32_t)disk.left;
	disk.phase = !wanted ? STATUS : in ? DATA_IN : DATA_OUT;
}

static void disk_in(uint64_t id, struct usb_redir_bulk_packet_header *r,
		size_t room)
{
	uint8_t status[13] = "USBS";
	uint32_t residue = htole32(disk.residue);
	const uint8_t *from = status;
	size_t n = sizeof(status);

	if (disk.phase == DATA_IN) {
		n = disk.left < room ? disk.left : room;
		from = disk.from;
		disk.from += n;
		disk.left -= n;
		if (!disk.left)
			disk.phase = STATUS;
		if (!n)
			r->status = usb_redir_stall;
	} else {
		memcpy(status + 4, disk.tag, 4);
		memcpy(status + 8, &residue, 4);
		status[12] = disk.status;
		disk.phase = COMMAND;
	}
	device_answer_bulk(id, r, from, n);
}

static void disk_out(const uint8_t *data, size_t n)
{
	uint32_t wanted;

	if (disk.phase == COMMAND && n == 31 && memcmp(data, "USBC", 4) == 0) {
		memcpy(disk.tag, data + 4, 4);
		memcpy(&wanted, data + 8, 4);
		command(data + 15, le32toh(wanted), data[12] & 0x80);
	} else if (disk.phase == DATA_OUT) {
		size_t k = n < disk.left ? n : disk.left;

		if (disk.to && k)
			memcpy(disk.to, data, k);
		disk.to += disk.to ? k : 0;
		disk.left -= k;
		disk.wanted -= n < disk.wanted ? n : disk.wanted;
		if (!disk.wanted)
			disk.phase = STATUS;
	}
}

static const uint8_t disk_configuration[] = { 9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9,
	4, 0, 0, 2, 8, 6, 0x50, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2,
	0 };

const struct device_kind device_disk = { .name = "disk",
	.speed = usb_redir_speed_high,
	.configuration = disk_configuration,
	.n = sizeof(disk_configuration),
	.open = disk_open,
	.reset = disk_reset,
	.control = disk_control,
	.bulk_in = disk_in,
	.bulk_out = disk_out };

/* ---- a printer --------------------------------------------------------- */

static const char printer_id[] = "MFG:Oriel;MDL:Test;CLS:PRINTER;";

static void printer_open(const char *path)
{
	paper = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
	if (paper < 0)
		device_die(path);
}

static bool printer_control(uint8_t *out, size_t *n,
		const struct usb_redir_control_packet_header *h,
		const uint8_t *data)
{
	(void)data;
	if (h->requesttype == 0xa1 && h->request == 0) {
		*n = sizeof(printer_id) + 1;
		out[0] = 0;
		out[1] = (uint8_t)*n;
		memcpy(out + 2, printer_id, sizeof(printer_id) - 1);
		return true;
	}
	out[0] = 0x18;
	*n = 1;
	return h->requesttype == 0xa1 && h->request == 1;
}

static void printer_out(const uint8_t *data, size_t n)
{
	if (write(paper, data, n) < 0)
		device_die("write");
}

static const uint8_t printer_configuration[] = { 9, 2, 32, 0, 1, 1, 0, 0x80, 50,
	9, 4, 0, 0, 2, 7, 1, 2, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2,
	0 };

/* It has nothing to say, ever: an IN transfer is not answered. */
const struct device_kind device_printer = { .name = "printer",
	.speed = usb_redir_speed_high,
	.configuration = printer_configuration,
	.n = sizeof(printer_configuration),
	.open = printer_open,
	.control = printer_control,
	.bulk_out = printer_out };

/* ---- one that counts --------------------------------------------------- */

static uint32_t next_in, next_out;

static void stream_reset(void)
{
	next_in = next_out = 0;
}

static void stream_in(uint64_t id, struct usb_redir_bulk_packet_header *r,
		size_t room)
{
	static uint8_t bytes[2 << 20];

	room = room < sizeof(bytes) ? room : sizeof(bytes);
	for (size_t i = 0; i + 4 <= room; i += 4, next_in++)
		memcpy(bytes + i, &next_in, 4);
	device_answer_bulk(id, r, bytes, room);
}

static void stream_out(const uint8_t *data, size_t n)
{
	for (size_t i = 0; i + 4 <= n; i += 4, next_out++)
		if (memcmp(data + i, &next_out, 4) != 0) {
			printf("wrong: word %u\n", next_out);
			fflush(stdout);
			_exit(1);
		}
}

static const uint8_t stream_configuration[] = { 9, 2, 32, 0, 1, 1, 0, 0x80, 50,
	9, 4, 0, 0, 2, 0xff, 0, 0, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2,
	0 };

const struct device_kind device_stream = { .name = "stream",
	.speed = usb_redir_speed_high,
	.configuration = stream_configuration,
	.n = sizeof(stream_configuration),
	.reset = stream_reset,
	.bulk_in = stream_in,
	.bulk_out = stream_out };
