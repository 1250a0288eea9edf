// SPDX-License-Identifier: MIT
//
// shim.cc - the C tests of ctest.h as GoogleTest tests, in the order of their files and lines.
// The only C++ a suite needs: registration, failure reports, main().

#include "ctest.h"

#include <sv3/base.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace
{

// Constructors of C files run before main() in any order; this needs none.
struct ctest_case *first_case;

class CTest : public testing::Test
{
    public:
	explicit CTest(void (*body)(void)) : body_(body)
	{
	}
	void TestBody() override
	{
		body_();
	}

    private:
	void (*body_)(void);
};

std::string format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
std::string format_text(const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return text;
}

std::string text_of(uint64_t value)
{
	return format_text("0x%" PRIx64 " (%" PRIu64 ")", value, value);
}

std::string text_of(int64_t value)
{
	return format_text("%" PRId64 " (0x%" PRIx64 ")", value, static_cast<uint64_t>(value));
}

std::string text_of(double value)
{
	return format_text("%.17g", value);
}

std::string text_of(const char *value)
{
	return value ? "\"" + std::string(value) + "\"" : "NULL";
}

bool fail_at(const struct ctest_at &at, const std::string &text)
{
	ADD_FAILURE_AT(at.file, at.line) << text;
	return false;
}

template <typename T>
bool fail_pair(const struct ctest_at &at, const char *op, T left, T right, const char *more = "")
{
	return fail_at(at, std::string("expected: ") + at.left + " " + op + " " + at.right + more +
				   "\n    left: " + text_of(left) + "\n   right: " + text_of(right));
}

template <typename T> bool compare(const struct ctest_at &at, enum ctest_op op, T left, T right)
{
	static const char *const names[] = {"==", "!=", "<", "<=", ">", ">="};
	const bool held[] = {left == right, left != right, left < right,
			     left <= right, left > right,  left >= right};

	return held[op] || fail_pair(at, names[op], left, right);
}

} // namespace

void ctest_add(struct ctest_case *test)
{
	test->next = first_case;
	first_case = test;
}

bool ctest_bool(struct ctest_at at, bool expected, bool value)
{
	return value == expected || fail_at(at, std::string("expected ") +
							(expected ? "true: " : "false: ") + at.left);
}

bool ctest_u64(struct ctest_at at, enum ctest_op op, uint64_t left, uint64_t right)
{
	return compare(at, op, left, right);
}

bool ctest_int(struct ctest_at at, enum ctest_op op, int64_t left, int64_t right)
{
	return compare(at, op, left, right);
}

bool ctest_str(struct ctest_at at, const char *left, const char *right)
{
	const bool same = left && right ? strcmp(left, right) == 0 : left == right;

	return same || fail_pair(at, "==", left, right);
}

bool ctest_mem(struct ctest_at at, const void *left, const void *right, size_t size)
{
	const auto *l = static_cast<const unsigned char *>(left);
	const auto *r = static_cast<const unsigned char *>(right);

	for (size_t i = 0; i < size; i++) {
		if (l[i] != r[i])
			return fail_at(at, std::string("expected the same ") + std::to_string(size) +
						   " bytes: " + at.left + ", " + at.right +
						   format_text("\n  offset %zu: 0x%02x, 0x%02x", i,
							       l[i], r[i]));
	}
	return true;
}

bool ctest_near(struct ctest_at at, double left, double right, double tolerance)
{
	const std::string more = " within " + text_of(tolerance);

	return std::fabs(left - right) <= tolerance || fail_pair(at, "==", left, right, more.c_str());
}

bool ctest_ok(struct ctest_at at, int64_t result)
{
	return result >= 0 ||
	       fail_at(at, std::string("expected success: ") + at.left + "\n  result: " +
				   std::to_string(result) + ", " + sv3_strerror(static_cast<int>(result)));
}

void ctest_fail(const char *file, int line, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	ADD_FAILURE_AT(file, line) << text;
}

void ctest_skip(const char *file, int line, const char *reason)
{
	GTEST_SKIP() << file << ":" << line << ": " << reason;
}

int main(int argc, char **argv)
{
	std::vector<const struct ctest_case *> cases;

	testing::InitGoogleTest(&argc, argv);
	for (const struct ctest_case *c = first_case; c; c = c->next)
		cases.push_back(c);
	std::sort(cases.begin(), cases.end(), [](const auto *a, const auto *b) {
		const int order = strcmp(a->file, b->file);
		return order ? order < 0 : a->line < b->line;
	});
	for (const struct ctest_case *c : cases) {
		void (*body)(void) = c->body;
		testing::RegisterTest(c->suite, c->name, nullptr, nullptr, c->file, c->line,
				      [body]() -> testing::Test * { return new CTest(body); });
	}
	return RUN_ALL_TESTS();
}
