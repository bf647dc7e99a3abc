#include "record/codes.h"

#include "adapters/file.h"
#include "adapters/yaml.h"
#include "tests/support/test.h"

static struct error error;
static struct code_list *lists;

static enum status load(const char *csv)
{
    static struct setting_context context;
    struct value *tree;
    const char *folder = test_folder();
    context = (struct setting_context){ &test_arena, "c.yaml", NULL };
    CHECK_INT(file_write(file_path(&test_arena, folder, "levels.csv"), text_of(csv), 0644, &error),
              STATUS_OK);
    CHECK_INT(yaml_parse(&test_arena, TEXT("{ levels: levels.csv }"), "c.yaml", &tree, &error), STATUS_OK);
    return codes_load(&context, folder, tree, &lists, &error);
}

TEST("a list maps texts folded: case, blanks and the tone's place do not matter")
{
    CHECK_INT(load("# cấp\nfrom,to,name\nCấp tỉnh,province,Tỉnh\n\"Cấp  xã\",commune\nHoà,h\n"), STATUS_OK);
    const struct code_list *list = codes_find(lists, TEXT("levels"));
    if (!CHECK(list))
        return;
    CHECK_INT(list->count, 3);
    const struct code *code = codes_lookup(list, &test_arena, TEXT(" CẤP TỈNH "));
    CHECK(code && text_is(code->to, "province") && text_is(code->name, "Tỉnh"));
    code = codes_lookup(list, &test_arena, TEXT("cấp xã"));
    CHECK(code && text_is(code->to, "commune"));
    code = codes_lookup(list, &test_arena, TEXT("hòa"));
    CHECK(code && text_is(code->to, "h"));
    CHECK(!codes_lookup(list, &test_arena, TEXT("Cấp huyện")));
    CHECK(!codes_find(lists, TEXT("units")));
}

TEST("a list without `to` maps each text to itself")
{
    CHECK_INT(load("from\nMột\nHai\n"), STATUS_OK);
    const struct code *code = codes_lookup(lists, &test_arena, TEXT("MỘT"));
    CHECK(code && text_is(code->to, "Một"));
}

TEST("a list that contradicts itself or cannot be read is refused with file and line")
{
    CHECK_INT(load("from,to\na,1\nA,2\n"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "levels.csv:3: ");
    CHECK_INT(load("from,to\nMột\n"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "levels.csv:2: the row has 1 cells, the heading 2");
    CHECK_INT(load("to\na\n"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "from");
    CHECK_INT(load("from,to\na,\"b\n"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "levels.csv");
    CHECK_INT(load("from,to\n\xff,b\n"), STATUS_USAGE);
}
