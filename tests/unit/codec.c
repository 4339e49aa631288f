/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <string.h>

#include "check.h"
#include "wire.h"

TEST(wp19_codec_refuses_a_repeated_tag)
{
	const uint8_t body[] = { 1, 0, 1, 7, 1, 0, 1, 7 };
	struct reader r = reader_of(body, sizeof body);
	struct field f = { .tag = 0 };

	CHECK(next_field(&r, &f));
	CHECK_INT(field_u8(&r, &f), 7);
	CHECK(!next_field(&r, &f));
	CHECK(r.bad);
}

TEST(wp02_codec_refuses_a_length_beyond_the_end)
{
	const uint8_t body[] = { 1, 0xff, 0xff, 7 };
	struct reader r = reader_of(body, sizeof body);
	struct field f = { .tag = 0 };

	CHECK(!next_field(&r, &f));
	CHECK(r.bad);
}

TEST(codec_refuses_a_text_with_a_nul_inside_or_none_at_the_end)
{
	const uint8_t inside[] = { 1, 0, 3, 'a', 0, 0 }, open[] = { 1, 0, 2, 'a', 'b' },
		      none[] = { 1, 0, 0 };
	const struct {
		const uint8_t *p;
		size_t n;
	} all[] = { { inside, sizeof inside }, { open, sizeof open }, { none, sizeof none } };

	for (size_t i = 0; i < 3; i++) {
		struct reader r = reader_of(all[i].p, all[i].n);
		struct field f = { .tag = 0 };

		CHECK(next_field(&r, &f));
		CHECK_TEXT(field_text(&r, &f), "");
		CHECK(r.bad);
	}
}

TEST(codec_takes_a_yes_or_a_no_and_nothing_else)
{
	for (unsigned v = 0; v < 256; v++) {
		uint8_t buf[8];
		struct writer w = writer_of(buf, sizeof buf);
		struct field f = { .tag = 0 };

		put_u8(&w, 1, (uint8_t)v);
		struct reader r = reader_of(buf, w.len);
		CHECK(next_field(&r, &f));
		CHECK_INT(field_bool(&r, &f), v == 1);
		CHECK_INT(r.bad, v > 1);
	}
}

TEST(codec_numbers_are_in_network_order)
{
	const uint8_t right[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t out[8];

	number_put(out, 0x0102030405060708, 8);
	CHECK(memcmp(out, right, sizeof out) == 0);
	CHECK(number_get(out, 8) == 0x0102030405060708);
	CHECK(number_get(out, 4) == 0x01020304);
}

TEST(wire_hello_round_trip)
{
	const struct hello h = { .version = WIRE_VERSION,
		.purpose = PURPOSE_AUTH,
		.service = "sshd",
		.name = "ada@example.org",
		.tty = "ssh",
		.rhost = "192.0.2.7",
		.ruser = "",
		.ruid = 0,
		.flags = HELLO_CHOOSER,
		.have = "",
		.ticket = "" };
	const char *args[] = { "practice", "", "add" };
	uint8_t packet[WIRE_MAX];
	struct hello got;

	size_t n = hello_put(packet, &h, args, 3);
	CHECK(n > 0);
	CHECK(hello_get(packet, n, &got));
	CHECK_TEXT(got.name, "ada@example.org");
	CHECK_INT(got.flags, HELLO_CHOOSER);
	CHECK_TEXT(next_text(&got.args), "practice");
	CHECK_TEXT(next_text(&got.args), "");
	CHECK_TEXT(next_text(&got.args), "add");
	CHECK(!next_text(&got.args));
	for (size_t cut = 0; cut < n; cut++) /* no prefix hides a broken field */
		if (hello_get(packet, cut, &got))
			CHECK(got.version == WIRE_VERSION);
}

/* A long-lived program may hold the module of before, which says version 1 and knows nothing of ssh_auth. */
TEST(wp04_wp20_wire_hello_of_this_version_and_the_one_before)
{
	char text[WIRE_SSH_AUTH_MAX + 2];
	struct hello h = { .version = WIRE_VERSION,
		.purpose = PURPOSE_AUTH,
		.service = "sshd",
		.name = "ada@example.org",
		.tty = "ssh",
		.rhost = "192.0.2.7",
		.ruser = "",
		.have = "",
		.ticket = "",
		.ssh_auth = "publickey ssh-ed25519 AAAA\n" };
	uint8_t packet[WIRE_MAX];
	struct hello got;

	CHECK(hello_get(packet, hello_put(packet, &h, NULL, 0), &got));
	CHECK_TEXT(got.ssh_auth, "publickey ssh-ed25519 AAAA\n");
	h.version = WIRE_VERSION_BEFORE;
	CHECK(!hello_get(packet, hello_put(packet, &h, NULL, 0), &got));
	h.ssh_auth = "";
	CHECK(hello_get(packet, hello_put(packet, &h, NULL, 0), &got));
	CHECK_INT(got.version, 1);
	CHECK_TEXT(got.ssh_auth, "");
	h.version = WIRE_VERSION + 1;
	CHECK(!hello_get(packet, hello_put(packet, &h, NULL, 0), &got));
	h.version = 0;
	CHECK(!hello_get(packet, hello_put(packet, &h, NULL, 0), &got));

	h.version = WIRE_VERSION;
	memset(text, 'a', sizeof text);
	text[WIRE_SSH_AUTH_MAX + 1] = 0;
	h.ssh_auth = text;
	CHECK(!hello_get(packet, hello_put(packet, &h, NULL, 0), &got));
	text[WIRE_SSH_AUTH_MAX] = 0;
	CHECK(hello_get(packet, hello_put(packet, &h, NULL, 0), &got));
	CHECK_INT(strlen(got.ssh_auth), WIRE_SSH_AUTH_MAX);
}

TEST(wire_refuses_a_verdict_without_a_result)
{
	const struct verdict_msg v = {
		.result = GRANTED, .user = "ada", .uid = 20000, .ticket = ""
	};
	uint8_t packet[WIRE_MAX];
	struct verdict_msg got;
	enum { RESULT = 3 + 1 }; /* a field of one byte, the first */

	size_t n = verdict_put(packet, &v, NULL, 0);
	CHECK(verdict_get(packet, n, &got) && got.result == GRANTED);
	memmove(packet + 1, packet + 1 + RESULT, n - 1 - RESULT);
	CHECK(!verdict_get(packet, n - RESULT, &got));
	CHECK(!verdict_get(packet, 1, &got));
}

TEST(wire_refuses_an_answer_of_513_bytes)
{
	uint8_t packet[WIRE_MAX];
	struct writer w = writer_of(packet, sizeof packet);
	char text[ANSWER_MAX + 2];
	struct secret s = { .len = 99 };

	memset(text, 'a', sizeof text);
	text[ANSWER_MAX + 1] = 0;
	put_byte(&w, MSG_ANSWER);
	put_text(&w, 1, text);
	CHECK(!answer_get(packet, w.len, &s));
	CHECK_INT(s.len, 99);

	text[ANSWER_MAX] = 0;
	w = writer_of(packet, sizeof packet);
	put_byte(&w, MSG_ANSWER);
	put_text(&w, 1, text);
	CHECK(answer_get(packet, w.len, &s));
	CHECK_INT(s.len, ANSWER_MAX);
}

TEST(wire_never_shows_a_password)
{
	uint8_t packet[WIRE_MAX];
	const struct ask shown = { .use = USE_PASSWORD, .echo = true, .text = "Password: " };
	struct ask got;

	CHECK(!ask_get(packet, ask_put(packet, &shown), &got));
}

TEST(wire_data_is_any_bytes_up_to_the_limit)
{
	static uint8_t packet[WIRE_MAX];
	static struct data given = { .len = WIRE_TEXT_MAX }, got;
	struct ask a = { .use = USE_DATA, .text = "" }, asked;

	for (size_t i = 0; i < sizeof given.bytes; i++)
		given.bytes[i] = (uint8_t)i;
	size_t len = data_put(packet, &given);
	CHECK(len > 0);
	CHECK(data_get(packet, len, &got));
	CHECK_INT(got.len, given.len);
	CHECK_BYTES(got.bytes, given.bytes, given.len);
	for (size_t cut = 0; cut < len; cut += 97)
		CHECK(!data_get(packet, cut, &got));
	CHECK(!data_get(packet, len + 1, &got));
	given.len = 0;
	len = data_put(packet, &given);
	CHECK(data_get(packet, len, &got));
	CHECK_INT(got.len, 0);
	given.len = WIRE_TEXT_MAX + 1;
	CHECK_INT(data_put(packet, &given), 0);
	CHECK(ask_get(packet, ask_put(packet, &a), &asked));
	CHECK_INT(asked.use, USE_DATA);
	a.use = USE_DATA + 1;
	CHECK(!ask_get(packet, ask_put(packet, &a), &asked));
}

TEST(wire_data_over_the_limit_is_refused_and_no_answer)
{
	static uint8_t packet[WIRE_MAX];
	static struct data got = { .len = 7 };
	SECRET(s);
	struct writer w = writer_of(packet, sizeof packet);

	put_byte(&w, MSG_DATA);
	static const uint8_t bytes[WIRE_TEXT_MAX + 1];
	put_bytes(&w, 1, bytes, sizeof bytes);
	CHECK(!w.bad && !data_get(packet, w.len, &got));
	CHECK_INT(got.len, 7);
	s.text[0] = 'x';
	s.len = 1;
	CHECK(!data_get(packet, answer_put(packet, &s), &got));
	got.len = 1;
	CHECK(!answer_get(packet, data_put(packet, &got), &s));
}
