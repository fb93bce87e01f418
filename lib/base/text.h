/*
 * text: what bytes from outside may be shown to people.
 *
 * Control characters can steer a terminal or turn a line around: C0, DEL, C1
 * (U+0080..U+009F, or a lone byte), and the directions U+202A..U+202E and
 * U+2066..U+2069.  Whatever is printed for people is checked here first.
 */
#ifndef SELF_BASE_TEXT_H
#define SELF_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the valid UTF-8 sequence that `at` [left] begins with, 1 to 4; 0
 * if there is none. */
size_t text_utf8(const void *at, size_t left);

/* Bytes of the control character that `at` [left] begins with: 1 to 3; 0 if
 * it begins with anything else.  A byte 0x80..0x9f outside of a UTF-8
 * sequence counts as one. */
size_t text_control(const void *at, size_t left);

/* Writes '?' over each control character in text [size]. */
void text_clean(char *text, size_t size);

/* "s" for any n but 1, to end a word that follows n. */
const char *text_plural(uint64_t n);

/* Writes n and `form`, in which "{image|images}" is the first word for n = 1
 * and the second otherwise; cut to `room` bytes with the NUL.  Returns to. */
const char *text_count(char *to, size_t room, uint64_t n, const char *form);

#endif
