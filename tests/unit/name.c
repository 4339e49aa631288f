/* SPDX-License-Identifier: Apache-2.0 */
#include "name.h"
#include "check.h"

#include <string.h>

TEST(name_folds_case_and_nothing_else)
{
	char out[SIGN_IN_NAME_MAX + 1];

	CHECK(name_normal("Ada.Lovelace+St.J@Example.ORG", out));
	CHECK_TEXT(out, "ada.lovelace+st.j@example.org");
	CHECK(name_normal("HC012345", out));
	CHECK_TEXT(out, "hc012345");
}

TEST(ns11_name_refuses_what_could_be_taken_for_another)
{
	static const char *const bad[] = { "", "a b", "a@b@c", "@b", "a@", "a/b", "a:b", "a,b",
		"a\nb", "-a", ".a", "a@b.", "a@.b", "ad\xc3\xa4@b", "a\x7f", "\xe2\x84\xaa@b",
		"a'b", "a\"b", "a\\b", "ad\x01" };
	char out[SIGN_IN_NAME_MAX + 1] = "same";

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK(!name_normal(bad[i], out));
		CHECK_TEXT(out, "same");
	}
}

TEST(name_of_254_bytes_at_most)
{
	char text[SIGN_IN_NAME_MAX + 2], out[SIGN_IN_NAME_MAX + 1];

	memset(text, 'a', sizeof text);
	text[SIGN_IN_NAME_MAX] = 0;
	CHECK(name_normal(text, out));
	text[SIGN_IN_NAME_MAX] = 'a';
	text[SIGN_IN_NAME_MAX + 1] = 0;
	CHECK(!name_normal(text, out));
}

TEST(name_of_a_user)
{
	CHECK(name_is_user("jdoe-stj"));
	CHECK(name_is_user("_x9"));
	CHECK(!name_is_user("9x"));
	CHECK(!name_is_user("-x"));
	CHECK(!name_is_user("jane@x"));
	CHECK(!name_is_user("Jane"));
	CHECK(!name_is_user("a1234567890123456789012345678901"));
	CHECK(name_is_user("a123456789012345678901234567890"));
}

TEST(name_of_a_user_id_is_no_number_and_no_pair)
{
	CHECK(name_is_userid("hc012345"));
	CHECK(name_is_userid("a"));
	CHECK(name_is_userid("sam-stone_2"));
	CHECK(!name_is_userid(""));
	CHECK(!name_is_userid("0"));
	CHECK(!name_is_userid("1000"));
	CHECK(!name_is_userid("0x1f"));
	CHECK(!name_is_userid("root.root"));
	CHECK(!name_is_userid("a@b"));
	CHECK(!name_is_userid("a+1"));
	CHECK(!name_is_userid("-a"));
}

TEST(number_is_digits_within_its_bounds)
{
	uint64_t v = 5;

	CHECK(!parse_u64("", 0, 9, &v));
	CHECK(!parse_u64("-1", 0, 9, &v));
	CHECK(!parse_u64(" 1", 0, 9, &v));
	CHECK(!parse_u64("10", 0, 9, &v));
	CHECK(!parse_u64("18446744073709551616", 0, UINT64_MAX, &v));
	CHECK_INT(v, 5);
	CHECK(parse_u64("18446744073709551615", 0, UINT64_MAX, &v));
	CHECK(v == UINT64_MAX);
}
