#include "core/document_grammar.h"

#include "core/arena.h"
#include "core/count.h"
#include "core/vietnamese.h"

#define PARTS_MAX 12

/* Offices whose symbol does not say what kind of document it is. */
static const char *const open_offices[] = { "CP", "TTg", "HĐBT", "HĐCP", "HĐNN", "CTN" };

/* Offices that are met without the stroke of their Đ. */
static const char *const stroked[] = { "HĐND",   "HĐBT",    "HĐTP",    "HĐCP",  "HĐNN",
                                       "LĐTBXH", "BLĐTBXH", "SLĐTBXH", "BGDĐT", "SGDĐT",
                                       "GDĐT",   "BKHĐT",   "SKHĐT",   "KHĐT",  "TLĐ" };

static struct text take(struct text *rest, size_t length)
{
    struct text taken = text_slice(*rest, 0, length);
    *rest = text_slice(*rest, length, rest->length);
    return taken;
}

static char front(struct text text)
{
    return text.length ? *text.bytes : 0;
}

size_t document_grammar_digits(struct text text)
{
    size_t count = 0;
    while (count < text.length && text.bytes[count] >= '0' && text.bytes[count] <= '9')
        count++;
    return count;
}

/* Tones and all other letters belong to words, not to symbols. */
static bool is_symbol_letter(uint32_t character)
{
    switch (vietnamese_lower(character)) {
    case 0x103: /* ă */
    case 0xE2:  /* â */
    case 0x111: /* đ */
    case 0xEA:  /* ê */
    case 0xF4:  /* ô */
    case 0x1A1: /* ơ */
    case 0x1B0: /* ư */
        return true;
    default:
        return character < 0x80 && vietnamese_is_letter(character);
    }
}

size_t document_grammar_letters(struct text text)
{
    size_t at = 0, end = 0;
    while (at < text.length && is_symbol_letter(vietnamese_next(text, &at)))
        end = at;
    return end;
}

/* The bytes of [["."] letter | "bis"] at the text's start. */
static size_t suffix_length(struct text text)
{
    size_t point = front(text) == '.', one = 0;
    struct text behind = text_slice(text, point, text.length);
    size_t letters = document_grammar_letters(behind);
    if (!letters)
        return 0;
    vietnamese_next(behind, &one);
    return letters == one || vietnamese_is(text_slice(behind, 0, letters), "bis") ? point + letters : 0;
}

/* The number and the mark behind it are taken off the front; false: there is none. */
static bool take_number(struct text *rest, struct text *number)
{
    size_t length = document_grammar_digits(*rest);
    if (length < 1 || length > 6)
        return false;
    struct text behind = text_slice(*rest, length, rest->length);
    if (front(behind) == '.') {
        size_t digits = document_grammar_digits(text_slice(behind, 1, behind.length));
        length += digits >= 1 && digits <= 3 ? 1 + digits : 0;
    }
    length += suffix_length(text_slice(*rest, length, rest->length));
    char mark = front(text_slice(*rest, length, 1));
    if (mark != '/' && mark != '-')
        return false;
    *number = take(rest, length);
    return true;
}

static int year_of(struct text digits)
{
    int year = 0;
    if (digits.length != 2 && digits.length != 4)
        return 0;
    for (size_t i = 0; i < digits.length; i++)
        year = year * 10 + (digits.bytes[i] - '0');
    if (digits.length == 2)
        year = year >= 45 ? 1900 + year : 0;
    return year >= 1945 && year <= 2099 ? year : 0;
}

struct part {
    struct text letters, text;
    char mark; /* before it; 0: it is the first */
};

struct symbol {
    struct text text;
    size_t count;
    struct part parts[PARTS_MAX];
};

/* The bytes of capital letters at the text's start: none where small ones follow, which begin a word. */
static size_t capitals_length(struct text text)
{
    size_t length = document_grammar_letters(text);
    for (size_t at = 0; at < length;) {
        uint32_t character = vietnamese_next(text, &at);
        if (vietnamese_lower(character) == character)
            return 0;
    }
    return length;
}

static bool split_symbol(struct text text, struct symbol *symbol)
{
    size_t slashes = 0;
    char mark = 0;
    *symbol = (struct symbol){ .text = text };
    for (struct text rest = text;;) {
        size_t length = document_grammar_letters(rest);
        struct text behind = text_slice(rest, length, rest.length);
        if (!length || symbol->count == PARTS_MAX)
            return false;
        if (front(behind) == '&') {
            size_t more = document_grammar_letters(text_slice(behind, 1, behind.length));
            length += more ? 1 + more : 0;
        }
        struct part *part = &symbol->parts[symbol->count++];
        part->mark = mark;
        part->letters = text_slice(rest, 0, length);
        size_t digits = document_grammar_digits(text_slice(rest, length, rest.length));
        if (digits > 3)
            return false;
        length += digits;
        /* an office only: behind what says its kind ("QH15") they are another cell's */
        if (digits && mark)
            length += capitals_length(text_slice(rest, length, rest.length));
        part->text = take(&rest, length);
        /* "361/QĐ-BTP362/QĐ-BTP": the next number, run together with this one */
        if (digits && front(rest) == '/')
            return false;
        if (!rest.length)
            return true;
        mark = *take(&rest, 1).bytes;
        slashes += mark == '/';
        if ((mark != '-' && mark != '/' && mark != '.') || slashes > 1)
            return false;
    }
}

static const char *stroke(struct text letters)
{
    for (size_t i = 0; i < COUNT(stroked); i++)
        if (document_kind_is_plain(letters, stroked[i]))
            return stroked[i];
    return NULL;
}

static bool has_capital(struct text text)
{
    for (size_t at = 0; at < text.length;) {
        uint32_t character = vietnamese_next(text, &at);
        if (vietnamese_lower(character) != character)
            return true;
    }
    return false;
}

/* What is wrong with a symbol of the right form, and the symbol without it. */
static enum document_number_fault
check_symbol(const struct symbol *symbol, const struct document_kind_entry **entry, struct buffer *better)
{
    const struct part *first = &symbol->parts[0];
    bool exact = true, plain = false, small = false;
    *entry = document_kind_find(first->letters, &exact);
    if (*entry && !(*entry)->alone && first->letters.length != first->text.length)
        *entry = NULL;
    if (!*entry && first->letters.length == first->text.length) {
        *entry = document_kind_plain(first->letters);
        plain = *entry;
    }
    for (size_t i = 0; i < symbol->count; i++) {
        const struct part *part = &symbol->parts[i];
        const char *mended =
            i == 0 && *entry ? (plain || !exact ? (*entry)->abbreviation : NULL) : stroke(part->letters);
        plain = plain || (mended && (i > 0 || !*entry));
        small = small || (i == (*entry ? 1 : 0) && !has_capital(part->letters));
        if (part->mark)
            buffer_char(better, part->mark);
        if (mended)
            buffer_string(better, mended);
        else
            buffer_text(better, part->letters);
        buffer_text(better, text_slice(part->text, part->letters.length, part->text.length));
    }
    if (plain)
        return DOCUMENT_NUMBER_PLAIN_D;
    if (small)
        buffer_clear(better);
    if (small || (*entry && !exact))
        return DOCUMENT_NUMBER_CASE;
    return *entry && !(*entry)->alone && symbol->count < 2 ? DOCUMENT_NUMBER_NO_ISSUER
                                                           : DOCUMENT_NUMBER_RIGHT;
}

static bool is_open(struct text office)
{
    for (size_t i = 0; i < COUNT(open_offices); i++)
        if (text_is(office, open_offices[i]))
            return true;
    return false;
}

/* The kind from the symbol and from what the words in front say. */
static bool decide_kind(const struct document_kind_entry *entry, struct text name, struct text office,
                        enum document_kind *kind)
{
    enum document_kind named = name.length ? document_kind_named(name) : DOCUMENT_UNKNOWN;
    if (!entry) {
        bool open = is_open(office);
        *kind = open ? (named ? named : DOCUMENT_OTHER) : DOCUMENT_LETTER;
        return open || !named || named == DOCUMENT_LETTER;
    }
    *kind = entry->kind;
    if (named && (entry->kind == DOCUMENT_ASSEMBLY || entry->kind == DOCUMENT_COMMITTEE))
        *kind = named;
    return !named || document_kind_agrees(entry, name);
}

static enum document_number_fault read_symbol(struct arena *arena, struct text text, struct text name,
                                              struct text before, struct document_number *number,
                                              struct text *better)
{
    struct symbol symbol;
    const struct document_kind_entry *entry;
    if (!text.length)
        return DOCUMENT_NUMBER_NO_KIND;
    if (!split_symbol(text, &symbol))
        return DOCUMENT_NUMBER_UNREADABLE;
    BUFFER_OWNED struct buffer mended = { 0 };
    enum document_number_fault fault = check_symbol(&symbol, &entry, &mended);
    if (fault == DOCUMENT_NUMBER_PLAIN_D || fault == DOCUMENT_NUMBER_CASE)
        *better = mended.length ? text_format(arena, "%.*s%.*s", (int)before.length, before.bytes,
                                              (int)mended.length, mended.bytes)
                                : TEXT_NONE;
    if (fault)
        return fault;
    struct text office = symbol.parts[0].text;
    /* "01-THADS" numbers a form: only old and Party documents are numbered with a hyphen. And what bears its
     * year is no letter, so "34/2025/NHNN" lost its kind. */
    bool hyphen = before.bytes[before.length - 1] == '-';
    if (!entry && !is_open(office) && (hyphen || (number->year && symbol.count == 1)))
        return DOCUMENT_NUMBER_NO_KIND;
    if (!decide_kind(entry, name, office, &number->kind))
        return DOCUMENT_NUMBER_DISAGREES;
    number->issuer = entry && symbol.count > 1 ? text_slice(text, office.length + 1, text.length) : office;
    return DOCUMENT_NUMBER_RIGHT;
}

/* "QCVN 06:2022/BXD", "TCVN 5574:2018": the year is behind the number, the issuer behind both. */
static enum document_number_fault read_standard(struct text text, struct document_number *number)
{
    struct text rest = text;
    if (!vietnamese_take(&rest, "QCVN") && !vietnamese_take(&rest, "TCVN") && !vietnamese_take(&rest, "QCĐP"))
        return DOCUMENT_NUMBER_UNREADABLE;
    size_t length = document_grammar_digits(rest);
    while (length && length < rest.length && (rest.bytes[length] == '-' || rest.bytes[length] == '.')) {
        size_t more = document_grammar_digits(text_slice(rest, length + 1, rest.length));
        if (!more)
            break;
        length += 1 + more;
    }
    number->number = take(&rest, length);
    if (!length || front(rest) != ':')
        return DOCUMENT_NUMBER_UNREADABLE;
    take(&rest, 1);
    number->year = year_of(take(&rest, document_grammar_digits(rest)));
    number->kind = DOCUMENT_STANDARD;
    if (!number->year)
        return DOCUMENT_NUMBER_YEAR;
    if (!rest.length)
        return DOCUMENT_NUMBER_RIGHT;
    struct symbol symbol;
    number->issuer = text_slice(rest, 1, rest.length);
    return front(rest) == '/' && split_symbol(number->issuer, &symbol) ? DOCUMENT_NUMBER_RIGHT
                                                                       : DOCUMENT_NUMBER_UNREADABLE;
}

enum document_number_fault document_grammar_read(struct arena *arena, struct text text, struct text name,
                                                 struct document_number *number, struct text *better)
{
    struct text rest = text;
    *better = TEXT_NONE;
    if (!take_number(&rest, &number->number))
        return read_standard(text, number);
    char mark = *take(&rest, 1).bytes;
    size_t digits = mark == '/' ? document_grammar_digits(rest) : 0;
    char behind = front(text_slice(rest, digits, 1));
    if (digits && !behind)
        return DOCUMENT_NUMBER_NO_KIND;
    if (digits && behind == '/') {
        number->year = year_of(take(&rest, digits));
        take(&rest, 1);
        if (!number->year || document_grammar_digits(rest))
            return DOCUMENT_NUMBER_YEAR;
    }
    struct text before = text_slice(text, 0, text.length - rest.length);
    return read_symbol(arena, rest, name, before, number, better);
}
