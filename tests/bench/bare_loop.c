/* The yardsticks of scripts/bench: what the work costs at least, without store, rules, staging or ledger.
 *
 *   bare_loop full FILE URL IN_FLIGHT   a line: parsed (cJSON), each text made NFC and its blanks single (utf8proc), printed,
 *                                       hashed (SHA-256), posted (libcurl), its answer logged (SQLite, 500 rows a commit)
 *   bare_loop build FILE                a line: hashed, its digest kept in SQLite by its key
 *   bare_loop unchanged FILE            a line: hashed, its digest looked up
 * Logs and tables stand in bare_loop.db of the working folder. */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define DIGEST 32
#define KEY    64
#define GROUP  500

struct record {
    char *body, key[KEY], words[256];
    size_t length, heard;
    unsigned char digest[DIGEST];
    CURL *request;
};

static FILE *lines;
static char *line;
static size_t line_room;
static EVP_MD_CTX *hash;
static const EVP_MD *sha256;
static sqlite3 *database;

static void hash_bytes(const char *bytes, size_t length, unsigned char digest[DIGEST])
{
    EVP_DigestInit_ex2(hash, sha256, NULL);
    EVP_DigestUpdate(hash, bytes, length);
    EVP_DigestFinal_ex(hash, digest, NULL);
}

static void open_database(const char *sql)
{
    if (sqlite3_open("bare_loop.db", &database) ||
        sqlite3_exec(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL, NULL, NULL) ||
        sqlite3_exec(database, sql, NULL, NULL, NULL)) {
        fprintf(stderr, "bare_loop: %s\n", sqlite3_errmsg(database));
        exit(1);
    }
}

/* ---- a text ---- */

/* Letters of Vietnamese in one code point and ASCII need no normalising. */
static int is_composed(const unsigned char *text)
{
    for (; *text; text++)
        if (*text >= 0xcc && !(*text == 0xe1 && text[1] >= 0xb8 && text[1] <= 0xbb) &&
            !(*text == 0xe2 && text[1] == 0x80))
            return 0;
        else if (*text >= 0xe0)
            text += 2;
    return 1;
}

static void single_blanks(char *text)
{
    char *out = text;
    int blank = 1;
    for (const unsigned char *at = (unsigned char *)text; *at; at++) {
        int no_break = at[0] == 0xc2 && at[1] == 0xa0;
        at += no_break;
        if (no_break || *at == ' ' || (*at >= 9 && *at <= 13)) {
            if (!blank)
                *out++ = ' ';
            blank = 1;
        } else {
            *out++ = (char)*at;
            blank = 0;
        }
    }
    out -= out > text && blank;
    *out = 0;
}

static void normalise(cJSON *item)
{
    for (; item; item = item->next) {
        normalise(item->child);
        if (!cJSON_IsString(item))
            continue;
        if (!is_composed((unsigned char *)item->valuestring)) {
            char *composed = (char *)utf8proc_NFC((unsigned char *)item->valuestring);
            free(item->valuestring);
            item->valuestring = composed;
        }
        single_blanks(item->valuestring);
    }
}

/* ---- full ---- */

static int next_record(struct record *record)
{
    ssize_t length = getline(&line, &line_room, lines);
    if (length <= 0)
        return 0;
    cJSON *item = cJSON_ParseWithLength(line, (size_t)length);
    normalise(item->child);
    free(record->body);
    record->body = cJSON_PrintUnformatted(item);
    record->length = strlen(record->body);
    record->heard = 0;
    snprintf(record->key, KEY, "%s", cJSON_GetObjectItem(item, "maTTHC")->valuestring);
    cJSON_Delete(item);
    hash_bytes(record->body, record->length, record->digest);
    return 1;
}

static size_t hear(char *bytes, size_t size, size_t count, void *own)
{
    struct record *record = own;
    size_t length = size * count, left = sizeof record->words - record->heard;
    memcpy(record->words + record->heard, bytes, length < left ? length : left);
    record->heard += length < left ? length : left;
    return length;
}

static void send_record(CURLM *multi, struct record *record)
{
    curl_easy_setopt(record->request, CURLOPT_POSTFIELDS, record->body);
    curl_easy_setopt(record->request, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)record->length);
    curl_multi_add_handle(multi, record->request);
}

static void log_answer(sqlite3_stmt *insert, const struct record *record, long status)
{
    static int rows;
    sqlite3_bind_text(insert, 1, record->key, -1, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 2, record->digest, DIGEST, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 3, status);
    sqlite3_bind_int64(insert, 4, time(NULL));
    sqlite3_bind_text(insert, 5, record->words, (int)record->heard, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE)
        exit(1);
    sqlite3_reset(insert);
    if (++rows % GROUP == 0)
        sqlite3_exec(database, "COMMIT; BEGIN", NULL, NULL, NULL);
}

static void open_request(struct record *record, const char *url, struct curl_slist *headers)
{
    record->request = curl_easy_init();
    curl_easy_setopt(record->request, CURLOPT_URL, url);
    curl_easy_setopt(record->request, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(record->request, CURLOPT_WRITEFUNCTION, hear);
    curl_easy_setopt(record->request, CURLOPT_WRITEDATA, record);
    curl_easy_setopt(record->request, CURLOPT_PRIVATE, record);
    curl_easy_setopt(record->request, CURLOPT_NOSIGNAL, 1L);
}

static long take_answers(CURLM *multi, sqlite3_stmt *insert, int *under_way)
{
    CURLMsg *message;
    int left;
    long taken = 0;
    while ((message = curl_multi_info_read(multi, &left))) {
        struct record *record;
        long status;
        CURL *request = message->easy_handle;
        if (message->data.result)
            exit(1);
        curl_easy_getinfo(request, CURLINFO_PRIVATE, &record);
        curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &status);
        log_answer(insert, record, status);
        curl_multi_remove_handle(multi, request);
        taken++;
        if (next_record(record))
            send_record(multi, record);
        else
            --*under_way;
    }
    return taken;
}

static long run_full(const char *url, int in_flight)
{
    sqlite3_stmt *insert;
    int under_way = 0, running;
    long taken = 0;
    open_database("CREATE TABLE log (key TEXT PRIMARY KEY, digest BLOB, status, at, words); BEGIN");
    sqlite3_prepare_v2(database, "INSERT INTO log VALUES (?, ?, ?, ?, ?)", -1, &insert, NULL);
    CURLM *multi = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    struct record *records = calloc((size_t)in_flight, sizeof *records);
    for (; under_way < in_flight && next_record(&records[under_way]); under_way++) {
        open_request(&records[under_way], url, headers);
        send_record(multi, &records[under_way]);
    }
    while (under_way) {
        curl_multi_perform(multi, &running);
        long now = take_answers(multi, insert, &under_way);
        taken += now;
        if (under_way && !now)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    return taken;
}

/* ---- unchanged ---- */

static long run_unchanged(int build)
{
    sqlite3_stmt *statement;
    unsigned char digest[DIGEST];
    ssize_t length;
    long same = 0;
    open_database(build ? "CREATE TABLE known (key TEXT PRIMARY KEY, digest BLOB) WITHOUT ROWID; BEGIN"
                        : "BEGIN");
    sqlite3_prepare_v2(database,
                       build ? "INSERT INTO known VALUES (?, ?)" : "SELECT digest FROM known WHERE key = ?",
                       -1, &statement, NULL);
    while ((length = getline(&line, &line_room, lines)) > 0) {
        const char *key = strstr(line, "\"maTTHC\":\"") + 10;
        hash_bytes(line, (size_t)length, digest);
        sqlite3_bind_text(statement, 1, key, (int)(strchr(key, '"') - key), SQLITE_STATIC);
        if (build)
            sqlite3_bind_blob(statement, 2, digest, DIGEST, SQLITE_STATIC);
        int result = sqlite3_step(statement);
        same += build || (result == SQLITE_ROW && !memcmp(sqlite3_column_blob(statement, 0), digest, DIGEST));
        sqlite3_reset(statement);
    }
    sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    return same;
}

int main(int count, char **words)
{
    if (count < 3 || !(lines = fopen(words[2], "r")))
        return 2;
    setvbuf(lines, NULL, _IOFBF, 1 << 18);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    hash = EVP_MD_CTX_new();
    int full = !strcmp(words[1], "full") && count > 4;
    if (full || !strcmp(words[1], "build"))
        for (int i = 0; i < 3; i++)
            remove((const char *[]){ "bare_loop.db", "bare_loop.db-wal", "bare_loop.db-shm" }[i]);
    printf("%ld\n", full ? run_full(words[3], atoi(words[4])) : run_unchanged(!strcmp(words[1], "build")));
    return 0;
}
