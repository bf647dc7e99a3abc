/* A list as a page for a meeting: long texts as differences of words. Without script, without another host. */
#include "adapters/html_write.h"
#include "core/word_diff.h"
#include "report/approval_list.h"
#include "report/approval_list_parts.h"

static const char style[] =
    "body{font:15px/1.5 \"Noto Serif\",\"Times New Roman\",serif;color:#111;max-width:60rem;margin:1.5rem "
    "auto;"
    "padding:0 1rem}h1{font-size:1.35rem;text-align:center}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}"
    "h3{font-size:1rem;margin:1.2rem 0 .3rem}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #555;padding:.25rem "
    ".45rem;vertical-align:top;text-align:left;overflow-wrap:anywhere;"
    "white-space:pre-wrap}th{background:#eee;width:14rem}del{background:#fdd}ins{background:#dfd}"
    ".digest{font:.8rem monospace;overflow-wrap:anywhere}.brakes{border:2px solid #a00;padding:.5rem}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}section{break-inside:avoid-page}}"
    "@page{size:A4;margin:15mm}";

struct page {
    struct buffer *out;
    struct arena arena;
};

static void put_difference(struct page *page, struct text before, struct text after)
{
    arena_clear(&page->arena);
    for (const struct word_piece *piece = word_diff(&page->arena, before, after); piece; piece = piece->next)
        if (piece->side == WORD_BOTH)
            html_text(page->out, piece->text);
        else
            html_element(page->out, piece->side == WORD_BEFORE ? "del" : "ins", piece->text);
}

static void put_changes(struct page *page, const struct value *step)
{
    html_literal(page->out, "<table>\n");
    for (const struct value *change = value_find(step, "changes")->first; change; change = change->next) {
        html_literal(page->out, "<tr>");
        html_open(page->out, "th", "scope", "row", NULL);
        html_text(page->out, value_text_of(change, "place"));
        html_literal(page->out, "</th><td>");
        put_difference(page, value_text_of(change, "before"), value_text_of(change, "after"));
        html_literal(page->out, "</td></tr>\n");
    }
    html_literal(page->out, "</table>\n");
}

static void put_line(struct page *page, const char *label, struct text text, const char *class)
{
    if (!text.length)
        return;
    html_open(page->out, "p", "class", class, NULL);
    html_string(page->out, label);
    html_text(page->out, text);
    html_literal(page->out, "</p>\n");
}

static void put_step(struct page *page, const struct value *step, size_t number)
{
    html_literal(page->out, "<section><h3>");
    buffer_printf(page->out, "%zu. ", number);
    html_text(page->out, value_text_of(step, "code"));
    html_literal(page->out, " – ");
    html_text(page->out, value_text_of(step, "name"));
    html_literal(page->out, "</h3>\n");
    put_line(page, "Được trình lại, vì: ", value_text_of(step, "again"), NULL);
    put_line(page, "Trước đó bị yêu cầu hoàn thiện, vì: ", value_text_of(step, "sent_back"), NULL);
    put_line(page, "Ghi đè phiên bản đang có: ", value_text_of(step, "overwrites"), NULL);
    put_changes(page, step);
    put_line(page, "Nội dung: ", value_text_of(step, "digest"), "digest");
    put_line(page, "Thay cho: ", value_text_of(step, "replaces"), "digest");
    html_literal(page->out, "</section>\n");
}

static void put_head(struct page *page, const struct value *described)
{
    const struct value *agency = value_find(described, "agency");
    BUFFER_OWNED struct buffer title = { 0 };
    approval_list_title(described, &title);
    html_literal(page->out, "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">"
                            "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    html_text(page->out, buffer_view(&title));
    html_literal(page->out, "</title><style>");
    buffer_string(page->out, style);
    html_literal(page->out, "</style></head><body>\n");
    put_line(page, "", value_text_of(agency, "name"), NULL);
    html_element(page->out, "h1", buffer_view(&title));
    buffer_char(page->out, '\n');
    put_line(page, "Số tờ trình: ", value_text_of(described, "number"), NULL);
    put_line(page, "Người trình: ", value_text_of(described, "submitter"), NULL);
    put_line(page, "Lúc (UTC): ", value_text_of(described, "at"), NULL);
    put_line(page, "Phanh an toàn báo: ", value_text_of(described, "brakes"), "brakes");
}

void approval_list_html(const struct value *described, const struct digest *digest, struct buffer *out)
{
    struct page page = { .out = out };
    size_t number = 0;
    char hex[DIGEST_HEX];
    put_head(&page, described);
    for (int part = 0; part < APPROVAL_PARTS; part++) {
        size_t count = approval_list_count(described, (enum approval_list_part)part);
        if (!count)
            continue;
        buffer_printf(out, "<h2>%s (%zu)</h2>\n", approval_list_headings[part], count);
        for (const struct value *step = value_find(described, "steps")->first; step; step = step->next)
            if ((int)approval_list_part(step) == part)
                put_step(&page, step, ++number);
    }
    digest_hex(digest, hex);
    put_line(&page, "Dữ liệu cho máy (SHA-256): ", text_of(hex), "digest");
    html_literal(out, "</body></html>\n");
    arena_free(&page.arena);
}
