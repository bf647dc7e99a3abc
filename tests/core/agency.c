#include "core/agency.h"

#include "tests/support/test.h"

static const char *level_of(const char *code)
{
    struct text level = agency_first_level(text_of(code));
    return text_string(&test_arena, level.bytes ? level : TEXT("-"));
}

TEST("the first level stands at a code's beginning, in the old form at its end")
{
    CHECK_STRING(level_of("H13"), "H13");
    CHECK_STRING(level_of("H26.A1.3"), "H26");
    CHECK_STRING(level_of("K57.01"), "K57");
    CHECK_STRING(level_of("000.00.00.H30"), "H30");
    CHECK_STRING(level_of("012.34.56.G15"), "G15");
    CHECK_STRING(level_of("UBNDCT"), "-");
    CHECK_STRING(level_of("H133"), "-");
    CHECK_STRING(level_of("Z13"), "-");
    CHECK_STRING(level_of("h13"), "-");
    CHECK_STRING(level_of("000.00.00.H3"), "-");
    CHECK_STRING(level_of("000.00.0a.H30"), "-");
    CHECK_STRING(level_of(""), "-");
}

TEST("G is a ministry, H a province, of other letters the code does not tell")
{
    CHECK_INT(agency_kind_of(TEXT("G15.2")), AGENCY_MINISTRY);
    CHECK_INT(agency_kind_of(TEXT("000.00.00.H30")), AGENCY_PROVINCE);
    CHECK_INT(agency_kind_of(TEXT("K57")), AGENCY_UNKNOWN);
    CHECK_INT(agency_kind_of(TEXT("UBNDCT")), AGENCY_UNKNOWN);
}
