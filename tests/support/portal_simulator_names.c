#include <string.h>

#include "core/date.h"
#include "tests/support/portal_simulator.h"

/* The canonical procedure under the names of the adapter, as docs/simulator.md lists them. Nothing is ever
 * absent there: a scalar without value is "". */

static void put(struct arena *arena, struct value *object, const char *name, struct text text)
{
    value_set(object, name, value_text(arena, text.bytes ? text : TEXT("")));
}

static struct text date_of(struct arena *arena, struct text text)
{
    struct date date;
    if (!text.bytes || !date_read(text, &date))
        return TEXT("");
    return text_format(arena, "%04d%02d%02d000000", date.year, date.month, date.day);
}

static struct value *add_list(struct arena *arena, struct value *object, const char *name)
{
    return value_set(object, name, value_list(arena));
}

static const struct value *children(const struct value *object, const char *name)
{
    const struct value *list = value_find(object, name);
    return list && list->kind == VALUE_LIST ? list->first : NULL;
}

static void pairs(struct arena *arena, struct value *out, const char *list_name,
                  const struct value *procedure, const char *name, const char *code_name,
                  const char *text_name)
{
    struct value *list = add_list(arena, out, list_name);
    for (const struct value *item = children(procedure, name); item; item = item->next) {
        struct value *pair = value_append(list, value_object(arena));
        put(arena, pair, code_name, value_text_of(item, "code"));
        put(arena, pair, text_name, value_text_of(item, "name"));
    }
}

/* The group of a case, in the order of the cases' first mention. */
static struct value *group_of(struct arena *arena, struct value *list, struct text name, const char *members)
{
    for (struct value *group = list->first; group; group = group->next) {
        if (text_equal(value_text_of(group, "TRUONGHOP"), name.bytes ? name : TEXT("")))
            return value_find(group, members);
    }
    struct value *group = value_append(list, value_object(arena));
    put(arena, group, "TRUONGHOP", name);
    return add_list(arena, group, members);
}

static void steps(struct arena *arena, struct value *out, const struct value *procedure)
{
    struct value *list = add_list(arena, out, "TRINHTUTHUCHIEN");
    for (const struct value *step = children(procedure, "steps"); step; step = step->next) {
        struct value *group = group_of(arena, list, value_text_of(step, "case"), "TRINHTU");
        put(arena, value_append(group, value_object(arena)), "TENTRINHTU", value_text_of(step, "text"));
    }
}

static void dossier(struct arena *arena, struct value *out, const struct value *procedure)
{
    struct value *list = add_list(arena, out, "THANHPHANHOSO");
    for (const struct value *paper = children(procedure, "dossier"); paper; paper = paper->next) {
        struct value *group = group_of(arena, list, value_text_of(paper, "case"), "GIAYTO");
        struct value *item = value_append(group, value_object(arena));
        put(arena, item, "MAGIAYTO", value_text_of(paper, "code"));
        put(arena, item, "TENGIAYTO", value_text_of(paper, "name"));
        put(arena, item, "TENMAUDON", value_text_of(paper, "form"));
        put(arena, item, "SOBANCHINH", value_text_of(paper, "originals"));
        put(arena, item, "SOBANSAO", value_text_of(paper, "copies"));
        put(arena, item, "URL", TEXT(""));
    }
}

static struct text channel_number(struct text channel)
{
    if (text_is(channel, "direct"))
        return TEXT("1");
    if (text_is(channel, "online"))
        return TEXT("2");
    return text_is(channel, "post") ? TEXT("3") : TEXT("");
}

static struct text unit_name(struct text unit)
{
    static const char *const units[][2] = {
        { "hour", "Giờ" },    { "day", "Ngày" }, { "working_day", "Ngày làm việc" },
        { "month", "Tháng" }, { "year", "Năm" },
    };
    for (size_t at = 0; at < sizeof units / sizeof units[0]; at++) {
        if (text_is(unit, units[at][0]))
            return text_of(units[at][1]);
    }
    return TEXT("");
}

static void methods(struct arena *arena, struct value *out, const struct value *procedure)
{
    struct value *list = add_list(arena, out, "CACHTHUCTHUCHIEN");
    for (const struct value *method = children(procedure, "methods"); method; method = method->next) {
        const struct value *duration = value_find(method, "duration");
        struct value *item = value_append(list, value_object(arena));
        put(arena, item, "KENH", channel_number(value_text_of(method, "channel")));
        struct value *time = value_append(add_list(arena, item, "THOIGIAN"), value_object(arena));
        put(arena, time, "THOIGIANGIAIQUYET", value_text_of(duration, "amount"));
        put(arena, time, "DONVITINH", unit_name(value_text_of(duration, "unit")));
        put(arena, time, "MOTA", value_text_of(method, "text"));
        struct value *fees = add_list(arena, time, "PHILEPHI");
        for (const struct value *fee = children(method, "fees"); fee; fee = fee->next) {
            struct value *entry = value_append(fees, value_object(arena));
            put(arena, entry, "MAPHILEPHI", value_text_of(fee, "kind"));
            put(arena, entry, "SOTIEN", value_text_of(fee, "amount"));
            put(arena, entry, "DONVI", value_text_of(fee, "currency"));
            put(arena, entry, "MOTA", value_text_of(fee, "text"));
        }
    }
}

static void legal_bases(struct arena *arena, struct value *out, const struct value *procedure)
{
    struct value *list = add_list(arena, out, "CANCUPHAPLY");
    for (const struct value *basis = children(procedure, "legal_bases"); basis; basis = basis->next) {
        struct value *item = value_append(list, value_object(arena));
        put(arena, item, "SOVANBAN", value_text_of(basis, "number"));
        put(arena, item, "TENVANBAN", value_text_of(basis, "title"));
        put(arena, item, "NGAYBANHANH", date_of(arena, value_text_of(basis, "issued_on")));
        put(arena, item, "NGAYHIEULUC", date_of(arena, value_text_of(basis, "effective_on")));
        put(arena, item, "COQUANBANHANH", value_text_of(basis, "issuer"));
    }
}

static void levels(struct arena *arena, struct value *out, const struct value *procedure)
{
    struct value *list = add_list(arena, out, "CAPTHUCHIEN");
    for (const struct value *level = children(procedure, "levels"); level; level = level->next) {
        struct value *item = value_append(list, value_object(arena));
        put(arena, item, "CAPTHUCHIEN", level->text);
        put(arena, item, "TENCAP", level->text);
    }
}

struct value *simulator_mapi_names(struct arena *arena, const struct value *procedure)
{
    struct value *out = value_object(arena);
    put(arena, out, "MATTHC", value_text_of(procedure, "code"));
    put(arena, out, "TENTTHC", value_text_of(procedure, "name"));
    put(arena, out, "MACOQUANCONGBO", value_text_of(value_find(procedure, "agency"), "code"));
    put(arena, out, "LOAITTHC", value_text_of(procedure, "kind"));
    put(arena, out, "MOTADOITUONGTHUCHIEN", TEXT(""));
    put(arena, out, "DIACHITIEPNHAN", TEXT(""));
    put(arena, out, "YEUCAU", value_text_of(procedure, "conditions"));
    put(arena, out, "TUKHOA", TEXT(""));
    put(arena, out, "IDQUYETDINHCONGBO", value_text_of(value_find(procedure, "decision"), "number"));
    put(arena, out, "TRANGTHAI", value_text_of(procedure, "status"));
    put(arena, out, "MOTACOQUANTHUCHIEN", TEXT(""));
    put(arena, out, "MOTA", value_text_of(procedure, "notes"));
    levels(arena, out, procedure);
    pairs(arena, out, "LINHVUCTHUCHIEN", procedure, "fields", "MALINHVUC", "TENLINHVUC");
    pairs(arena, out, "DOITUONGTHUCHIEN", procedure, "subjects", "MADOITUONG", "TENDOITUONG");
    steps(arena, out, procedure);
    methods(arena, out, procedure);
    dossier(arena, out, procedure);
    pairs(arena, out, "KETQUATHUCHIEN", procedure, "results", "MAKETQUA", "TENKETQUA");
    legal_bases(arena, out, procedure);
    pairs(arena, out, "COQUANTHUCHIEN", procedure, "executing_agencies", "MADONVI", "TENDONVI");
    pairs(arena, out, "COQUANCOTHAMQUYEN", procedure, "competent_agencies", "MADONVI", "TENDONVI");
    pairs(arena, out, "COQUANPHOIHOP", procedure, "coordinating_agencies", "MADONVI", "TENDONVI");
    return out;
}
