# boot.s - a machine of 512 bytes, for tests of consoles that need no guest: it
# plays 440 Hz on the PC's speaker, and shows text until a key is pressed; "g"
# makes it 640 x 480 pixels with stripes, any other key makes it text again.
	.code16
	.globl _start
_start:
	cli
	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %ss
	mov $0x7c00, %sp
	sti
	cld
	# Timer 2, 1193182 Hz through 2712, to the speaker.
	mov $0xb6, %al
	out %al, $0x43
	mov $0x98, %al
	out %al, $0x42
	mov $0x0a, %al
	out %al, $0x42
	in $0x61, %al
	or $3, %al
	out %al, $0x61
text:
	mov $3, %ax
	int $0x10
	# No cursor: it would blink.
	mov $1, %ah
	mov $0x2000, %cx
	int $0x10
	mov $words, %si
next:
	lodsb
	test %al, %al
	jz wait
	mov $0x0e, %ah
	mov $7, %bx
	int $0x10
	jmp next
wait:
	xor %ah, %ah
	int $0x16
	cmp $'g', %al
	jne text
	mov $0x12, %ax
	int $0x10
	mov $0xa000, %ax
	mov %ax, %es
	xor %di, %di
	mov $38400, %cx
stripes:
	mov %cl, %al
	stosb
	loop stripes
	jmp wait
words:
	.asciz "Oriel: press g\r\n"
	.org 510
	.word 0xaa55
