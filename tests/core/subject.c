#include "core/subject.h"

#include "tests/support/test.h"

static void code_is(const char *written, const char *expected)
{
    struct text code;
    CHECK(subject_code(&test_arena, text_of(written), &code));
    CHECK_TEXT(code, text_of(expected));
}

TEST("codes of subjects are written one way, whichever letter stood for Đ")
{
    code_is("ĐT4", "ĐT4");
    code_is("DT11", "ĐT11");
    code_is("ÐT4", "ĐT4");
    code_is(" đt4 ", "ĐT4");
    code_is("DT01", "ĐT01");
}

TEST("what is no code of a subject is left alone")
{
    static const char *const cases[] = { "",    "ĐT", "T4",      "ĐT4a", "ĐT 4", "ĐT-4",
                                         "XT4", "Đ4", "ĐT12345", "D",    "Đ" };
    struct text code;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(!subject_code(&test_arena, text_of(cases[i]), &code));
}

static void names_are(const char *list, const char *const *names, size_t count)
{
    struct text rest = text_of(list), name;
    for (size_t i = 0; i < count; i++) {
        if (!CHECK(subject_next(&rest, &name)))
            return;
        CHECK_TEXT(name, text_of(names[i]));
    }
    CHECK(!subject_next(&rest, &name));
    CHECK_INT(name.length, 0);
}

TEST("a list of names is divided by commas, semicolons and lines")
{
    names_are("Công dân Việt Nam, Người nước ngoài;Hợp tác xã\nDoanh nghiệp",
              (const char *[]){ "Công dân Việt Nam", "Người nước ngoài", "Hợp tác xã", "Doanh nghiệp" }, 4);
    names_are(", Công dân Việt Nam,, ", (const char *[]){ "Công dân Việt Nam" }, 1);
    names_are("", NULL, 0);
    names_are(" ,; ", NULL, 0);
}

TEST("a comma inside brackets divides nothing, unless the bracket is never closed")
{
    names_are("Doanh nghiệp, Tổ chức (không bao gồm doanh nghiệp, HTX), Hợp tác xã",
              (const char *[]){ "Doanh nghiệp", "Tổ chức (không bao gồm doanh nghiệp, HTX)", "Hợp tác xã" },
              3);
    names_are("Tổ chức (không bao gồm doanh nghiệp, HTX",
              (const char *[]){ "Tổ chức (không bao gồm doanh nghiệp", "HTX" }, 2);
    names_are("a), b", (const char *[]){ "a)", "b" }, 2);
}

TEST("the commas of a known name divide nothing")
{
    names_are("Công dân Việt Nam, Cán bộ, công chức, viên chức, Doanh nghiệp",
              (const char *[]){ "Công dân Việt Nam", "Cán bộ, công chức, viên chức", "Doanh nghiệp" }, 3);
    names_are("CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC", (const char *[]){ "CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC" }, 1);
    names_are("Cán bộ, công chức", (const char *[]){ "Cán bộ", "công chức" }, 2);
}

static void level_is(const char *written, enum subject_level expected)
{
    enum subject_level level;
    if (CHECK(subject_level_read(text_of(written), &level)))
        CHECK_INT(level, expected);
}

TEST("levels are known by their Vietnamese names, whatever the case, and by the canonical ones")
{
    level_is("Cấp bộ", SUBJECT_MINISTRY);
    level_is("Cấp Bộ", SUBJECT_MINISTRY);
    level_is("Cấp trung ương", SUBJECT_MINISTRY);
    level_is("CẤP TỈNH", SUBJECT_PROVINCE);
    level_is("Tỉnh", SUBJECT_PROVINCE);
    level_is("Cấp Tỉnh/Thành phố", SUBJECT_PROVINCE);
    level_is("Cấp huyện", SUBJECT_DISTRICT);
    level_is("Cấp Quận/huyện", SUBJECT_DISTRICT);
    level_is(" Cấp xã ", SUBJECT_COMMUNE);
    level_is("Cấp Xã/phường/thị trấn", SUBJECT_COMMUNE);
    level_is("Cơ quan khác", SUBJECT_OTHER);
    level_is("province", SUBJECT_PROVINCE);
    level_is("other", SUBJECT_OTHER);
}

TEST("an unknown level is not taken for another one")
{
    enum subject_level level;
    CHECK(!subject_level_read(TEXT("Cấp"), &level));
    CHECK(!subject_level_read(TEXT_NONE, &level));
    CHECK(!subject_level_read(TEXT("Cấp thôn"), &level));
    CHECK(!subject_level_read(TEXT("Cấp tỉnh, Cấp xã"), &level));
}

TEST("levels have the names of the canonical procedure")
{
    CHECK_STRING(subject_level_name(SUBJECT_MINISTRY), "ministry");
    CHECK_STRING(subject_level_name(SUBJECT_COMMUNE), "commune");
}
