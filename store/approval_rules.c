#include "store/approval_rules.h"

#include <stdlib.h>
#include <string.h>

static const char *const reach_names[] = { "none", "withdrawals", "changes", "all" };

static bool read_scope(const struct value *item, struct approval_scope *scope)
{
    struct text reach = value_text_of(item, "scope"), share = value_text_of(item, "share");
    size_t at = 0;
    *scope = (struct approval_scope){ .source = value_text_of(item, "source"),
                                      .department = value_text_of(item, "department") };
    while (at < sizeof reach_names / sizeof *reach_names && !text_is(reach, reach_names[at]))
        at++;
    scope->reach = (enum approval_reach)at;
    if (at == APPROVAL_CHANGES)
        scope->share = share.length ? strtod(share.bytes, NULL) : -1;
    return at < sizeof reach_names / sizeof *reach_names && scope->share >= 0 && scope->share <= 1;
}

static bool read_person(const struct value *item, struct approval_person *person)
{
    struct text role = value_text_of(item, "role");
    *person = (struct approval_person){ .name = value_text_of(item, "name"),
                                        .approves = text_is(role, "approver"),
                                        .logins = value_find(item, "login"),
                                        .key = value_text_of(item, "key"),
                                        .certificate = value_text_of(item, "certificate") };
    return person->name.length && (person->approves || text_is(role, "submitter")) && person->logins &&
           person->logins->kind == VALUE_LIST && person->logins->first &&
           !person->key.length != !person->certificate.length;
}

static bool share_something(const struct approval_person *left, const struct approval_person *right)
{
    bool key = left->key.length && text_equal(left->key, right->key);
    bool certificate = left->certificate.length && text_equal(left->certificate, right->certificate);
    for (const struct value *login = left->logins->first; login; login = login->next)
        if (approval_person_logs_in(right, login->text))
            return true;
    return key || certificate || text_equal(left->name, right->name);
}

bool approval_rules_parse(struct arena *arena, const struct value *document, const struct digest *digest,
                          struct approval_rules *rules)
{
    const struct value *people = value_find(document, "people"), *scopes = value_find(document, "scope");
    *rules =
        (struct approval_rules){ .digest = *digest, .authorities = value_text_of(document, "authorities") };
    struct text expires = value_text_of(document, "expires");
    if (!people || people->kind != VALUE_LIST || !scopes || scopes->kind != VALUE_LIST || !expires.length)
        return false;
    rules->expires = value_number_of(document, "expires");
    rules->people = arena_array(arena, struct approval_person, people->count + 1);
    rules->scopes = arena_array(arena, struct approval_scope, scopes->count + 1);
    for (const struct value *item = people->first; item; item = item->next) {
        struct approval_person *person = &rules->people[rules->person_count++];
        if (!read_person(item, person))
            return false;
        for (size_t i = 0; i + 1 < rules->person_count; i++)
            if (share_something(&rules->people[i], person))
                return false;
    }
    for (const struct value *item = scopes->first; item; item = item->next)
        if (!read_scope(item, &rules->scopes[rules->scope_count++]))
            return false;
    return rules->expires > 0;
}

bool approval_rules_bind(const struct approval_rules *rules)
{
    for (size_t i = 0; i < rules->scope_count; i++)
        if (rules->scopes[i].reach != APPROVAL_NONE)
            return true;
    return false;
}

bool approval_rules_complete(const struct approval_rules *rules)
{
    bool have[2] = { false };
    for (size_t i = 0; i < rules->person_count; i++)
        have[rules->people[i].approves] = true;
    return have[0] && have[1];
}

bool approval_rules_others_approve(const struct approval_rules *rules, struct text name)
{
    for (size_t i = 0; i < rules->person_count; i++)
        if (rules->people[i].approves && !text_equal(rules->people[i].name, name))
            return true;
    return false;
}

bool approval_rules_ask_source(const struct approval_rules *rules)
{
    for (size_t i = 0; i < rules->scope_count; i++)
        if (rules->scopes[i].source.bytes || rules->scopes[i].department.bytes)
            return true;
    return false;
}

bool approval_rules_ask_extent(const struct approval_rules *rules)
{
    for (size_t i = 0; i < rules->scope_count; i++)
        if (rules->scopes[i].reach == APPROVAL_CHANGES)
            return true;
    return false;
}

static bool needs(const struct approval_scope *scope, const struct approval_facts *facts)
{
    switch (scope->reach) {
    case APPROVAL_NONE:
        return false;
    case APPROVAL_WITHDRAWALS:
        return facts->withdraws;
    case APPROVAL_CHANGES:
        return facts->withdraws || (double)facts->changes > scope->share * (double)facts->published;
    case APPROVAL_ALL:
        return true;
    }
    return true;
}

static bool fits(struct text wanted, struct text is)
{
    return !wanted.bytes || text_equal(wanted, is);
}

bool approval_rules_need(const struct approval_rules *rules, const struct approval_facts *facts)
{
    for (size_t i = 0; i < rules->scope_count; i++) {
        const struct approval_scope *scope = &rules->scopes[i];
        if (!facts->source.bytes) {
            if (needs(scope, facts))
                return true;
        } else if (fits(scope->source, facts->source) && fits(scope->department, facts->department)) {
            return needs(scope, facts);
        }
    }
    return false;
}

const struct approval_person *approval_rules_find(const struct approval_rules *rules, struct text name)
{
    for (size_t i = 0; i < rules->person_count; i++)
        if (text_equal(rules->people[i].name, name))
            return &rules->people[i];
    return NULL;
}

bool approval_person_logs_in(const struct approval_person *person, struct text login)
{
    for (const struct value *item = person->logins->first; item; item = item->next)
        if (text_equal(item->text, login))
            return true;
    return false;
}

const struct approval_person *approval_rules_login(const struct approval_rules *rules, struct text login)
{
    for (size_t i = 0; i < rules->person_count; i++)
        if (approval_person_logs_in(&rules->people[i], login))
            return &rules->people[i];
    return NULL;
}
