#include "store/note.h"

#include <string.h>

#include "tests/support/test.h"

/* The keys and notes of the reference implementation's own tests (golang.org/x/mod/sumdb/note). */
#define PETER_KEY    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SIGNER "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_BASE64                                                                                         \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
#define PETER_LINE "— PeterNeumann " PETER_BASE64 "\n"
#define ENOCH_KEY  "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define ENOCH_LINE                                                                                           \
    "— EnochRoot "                                                                                         \
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
#define LETTERS                                                                                              \
    "If you think cryptography is the answer to your problem,\n"                                             \
    "then you don't know what your problem is.\n"

static struct error error;

static struct note_key key_of(const char *word)
{
    struct note_key key;
    CHECK_INT(note_key_parse(text_of(word), &key, &error), STATUS_OK);
    return key;
}

static struct note_signer signer_of(const char *word)
{
    struct note_signer signer;
    CHECK_INT(note_signer_parse(text_of(word), &signer, &error), STATUS_OK);
    return signer;
}

/* Parses and verifies in one go. */
static enum status open_note(const char *bytes, const struct note_key *keys, size_t count, struct note *note)
{
    enum status status = note_parse(&test_arena, text_of(bytes), note, &error);
    return status == STATUS_OK ? note_verify(note, keys, count, NULL, &error) : status;
}

TEST("the reference verifier key is read and written back letter by letter")
{
    struct note_key key = key_of(PETER_KEY);
    CHECK_STRING(key.name, "PeterNeumann");
    CHECK(memcmp(key.id, "\xc7\x4f\x20\xa3", 4) == 0);
    BUFFER_OWNED struct buffer out = { 0 };
    note_key_write(&key, &out);
    CHECK_TEXT(buffer_view(&out), TEXT(PETER_KEY));
    key = key_of(" " PETER_KEY "\r\n");
    CHECK_STRING(key.name, "PeterNeumann");
}

TEST("no part of a verifier key and no key with a byte changed is taken for a key")
{
    char word[] = PETER_KEY;
    size_t length = sizeof word - 1;
    struct note_key key;
    for (size_t from = 0; from <= length; from++)
        for (size_t to = from; to <= length; to++)
            if (to - from < length &&
                !CHECK_INT(note_key_parse((struct text){ word + from, to - from }, &key, &error),
                           STATUS_USAGE))
                return;
    for (size_t i = 0; i < length; i++) {
        word[i]++;
        CHECK_INT(note_key_parse((struct text){ word, length }, &key, &error), STATUS_USAGE);
        word[i]--;
    }
    CHECK_INT(
        note_key_parse(TEXT("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="),
                       &key, &error),
        STATUS_USAGE);
    CHECK_INT(note_key_parse(TEXT("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key,
                             &error),
              STATUS_USAGE);
}

TEST("a verifier key that does not fit its id is refused and says what to do")
{
    struct note_key key;
    CHECK_INT(note_key_parse(TEXT("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key,
                             &error),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "does not fit its own id");
    CHECK_CONTAINS(error.message, "copy it again");
    CHECK_INT(key.name[0], 0);
    CHECK_INT(note_key_parse(TEXT("hello"), &key, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"hello\" is no Ed25519 verifier key");
}

TEST("a private key given for a public one is refused without being repeated")
{
    struct note_key key;
    CHECK_INT(note_key_parse(TEXT(PETER_SIGNER), &key, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "This is a private key");
    CHECK(!strstr(error.message, "AYEKFALV"));
}

TEST("no part of a signing key and no key with a byte changed is taken for a key, nor told to anyone")
{
    char word[] = PETER_SIGNER;
    size_t length = sizeof word - 1;
    struct note_signer signer;
    for (size_t from = 0; from <= length; from++)
        for (size_t to = from; to <= length; to++)
            if (to - from < length &&
                !CHECK_INT(note_signer_parse((struct text){ word + from, to - from }, &signer, &error),
                           STATUS_USAGE))
                return;
    for (size_t i = 0; i < length; i++) {
        word[i]++;
        CHECK_INT(note_signer_parse((struct text){ word, length }, &signer, &error), STATUS_USAGE);
        CHECK(!strstr(error.message, "AYEKFALV"));
        word[i]--;
    }
}

TEST("the reference signing key is read, written back and has the reference public key")
{
    struct note_signer signer = signer_of(PETER_SIGNER "\n");
    BUFFER_OWNED struct buffer out = { 0 };
    note_signer_write(&signer, &out);
    CHECK_TEXT(buffer_view(&out), TEXT(PETER_SIGNER));
    buffer_clear(&out);
    note_key_write(&signer.key, &out);
    CHECK_TEXT(buffer_view(&out), TEXT(PETER_KEY));
}

TEST("signing gives the reference note byte for byte")
{
    struct note_signer signer = signer_of(PETER_SIGNER);
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(note_sign(&out, TEXT(LETTERS), &signer, 1, &error), STATUS_OK);
    CHECK_TEXT(buffer_view(&out), TEXT(LETTERS "\n" PETER_LINE));
}

TEST("a note is taken apart into text and signatures")
{
    struct note note;
    CHECK_INT(note_parse(&test_arena, TEXT(LETTERS "\n" PETER_LINE ENOCH_LINE), &note, &error), STATUS_OK);
    CHECK_TEXT(note.text, TEXT(LETTERS));
    if (!CHECK_INT(note.count, 2))
        return;
    CHECK_TEXT(note.signatures[0].name, TEXT("PeterNeumann"));
    CHECK_TEXT(note.signatures[1].name, TEXT("EnochRoot"));
    CHECK(memcmp(note.signatures[1].id, "\xaf\x0c\xfe\x78", 4) == 0);
    CHECK_INT(note.signatures[1].bytes.length, CRYPTO_SIGNATURE_SIZE);
}

TEST("signatures of unknown keys are ignored, those of known keys say who signed")
{
    struct note_key keys[] = { key_of(ENOCH_KEY), key_of(PETER_KEY) };
    struct note note;
    CHECK_INT(open_note(LETTERS "\n" PETER_LINE ENOCH_LINE, keys, 2, &note), STATUS_OK);
    CHECK_INT(open_note(LETTERS "\n" PETER_LINE ENOCH_LINE, keys, 1, &note), STATUS_OK);
    CHECK_INT(open_note(LETTERS "\n" PETER_LINE ENOCH_LINE, keys + 1, 1, &note), STATUS_OK);
    const struct note_key *by = NULL;
    CHECK_INT(note_verify(&note, keys, 2, &by, &error), STATUS_OK);
    CHECK(by == &keys[1]);
    CHECK_INT(note_verify(&note, keys, 1, &by, &error), STATUS_OK);
    CHECK(by == &keys[0]);
}

TEST("a note without a signature of a known key is refused")
{
    struct note_key key = key_of(ENOCH_KEY);
    struct note note;
    CHECK_INT(open_note(LETTERS "\n" PETER_LINE, &key, 1, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "no signature of a known key");
    CHECK_INT(open_note(LETTERS "\n" PETER_LINE, NULL, 0, &note), STATUS_LEDGER);
}

TEST("one bad signature of a known key refuses the whole note, though another fits")
{
    struct note_key keys[] = { key_of(PETER_KEY), key_of(ENOCH_KEY) };
    struct note note;
    CHECK_INT(open_note("If you think.\n\n" PETER_LINE, keys, 1, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "The signature of PeterNeumann does not fit");
    char bytes[] = LETTERS "\n" PETER_LINE ENOCH_LINE;
    char *line = strstr(bytes, "EnochRoot rwz+eBzm");
    line[17] = 'n';
    CHECK_INT(open_note(bytes, keys, 1, &note), STATUS_OK);
    CHECK_INT(open_note(bytes, keys, 2, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "The signature of EnochRoot does not fit");
}

TEST("a signature of a known name under another id, or of a known id under another name, is unknown")
{
    struct note_key key = key_of(PETER_KEY), other = key;
    struct note note;
    other.id[3] ^= 1;
    CHECK_INT(open_note(LETTERS "\n" PETER_LINE, &other, 1, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "no signature of a known key");
    CHECK_INT(open_note(LETTERS "\n— PeterNeuman " PETER_BASE64 "\n", &key, 1, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "no signature of a known key");
}

TEST("a signature of a known key that has the wrong length does not fit")
{
    struct note_key key = key_of(PETER_KEY);
    struct note note;
    CHECK_INT(open_note(LETTERS "\n— PeterNeumann x08go/ZJkuBS\n", &key, 1, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "The signature of PeterNeumann does not fit");
}

TEST("malformed notes are refused, each with its reason")
{
    static const struct {
        const char *bytes, *reason;
    } cases[] = {
        { "", "it is empty" },
        { LETTERS, "no empty line" },
        { LETTERS "\n", "no empty line" },
        { "\n" PETER_LINE, "no empty line" },
        { LETTERS "\n— PeterNeumann " PETER_BASE64, "has no line break" },
        { "\x01" LETTERS "\n" PETER_LINE, "control character" },
        { "a\tb\n\n" PETER_LINE, "control character" },
        { "a\r\n\n" PETER_LINE, "control character" },
        { "\xff" LETTERS "\n" PETER_LINE, "not valid UTF-8" },
        { LETTERS "\n— Bad Name " PETER_BASE64 "\n", "no line of a signature" },
        { LETTERS "\n— Bad+Name " PETER_BASE64 "\n", "no line of a signature" },
        { LETTERS "\n— Bad\xc2\xa0Name " PETER_BASE64 "\n", "no line of a signature" },
        { LETTERS "\n—  " PETER_BASE64 "\n", "no line of a signature" },
        { LETTERS "\n- PeterNeumann " PETER_BASE64 "\n", "no line of a signature" },
        { LETTERS "\n— PeterNeumann\n", "no line of a signature" },
        { LETTERS "\n— PeterNeumann x08gow==\n", "no line of a signature" },
        { LETTERS "\n— PeterNeumann " PETER_BASE64 " \n", "no line of a signature" },
        { LETTERS "\n— PeterNeumann x08go_ZJkuBS\n", "no line of a signature" },
        { LETTERS "\n" PETER_LINE "Unexpected line.\n", "\"Unexpected line.\" is no line of a signature" },
        { LETTERS "\n" PETER_LINE "\n", "no empty line" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct note note;
        if (!CHECK_INT(note_parse(&test_arena, text_of(cases[i].bytes), &note, &error), STATUS_LEDGER) ||
            !CHECK_CONTAINS(error.message, cases[i].reason))
            return;
    }
}

TEST("a note with a NUL is refused, and so is one that is too large")
{
    struct note note;
    CHECK_INT(note_parse(&test_arena, TEXT("a\0b\n\n" PETER_LINE), &note, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "control character");
    BUFFER_OWNED struct buffer bytes = { 0 };
    while (bytes.length <= NOTE_SIZE_MAX)
        buffer_string(&bytes, LETTERS);
    buffer_string(&bytes, "\n" PETER_LINE);
    CHECK_INT(note_parse(&test_arena, buffer_view(&bytes), &note, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "larger than 1000000 bytes");
}

TEST("a hundred signatures are read, one more is refused")
{
    struct note_key key = key_of(PETER_KEY);
    BUFFER_OWNED struct buffer bytes = { 0 };
    buffer_string(&bytes, LETTERS "\n");
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
        buffer_string(&bytes, PETER_LINE);
    struct note note;
    CHECK_INT(open_note(bytes.bytes, &key, 1, &note), STATUS_OK);
    CHECK_INT(note.count, NOTE_SIGNATURES_MAX);
    buffer_string(&bytes, PETER_LINE);
    CHECK_INT(open_note(bytes.bytes, &key, 1, &note), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "more than 100 signatures");
}

TEST("a text with empty lines and several signers comes back as it was signed")
{
    unsigned char seed[CRYPTO_KEY_SIZE] = { 7 };
    struct note_signer signers[2];
    CHECK_INT(note_signer_init(&signers[0], TEXT("congkhai.example.gov.vn/sổ"), seed, &error), STATUS_OK);
    seed[0] = 8;
    CHECK_INT(note_signer_init(&signers[1], TEXT("congkhai.example.gov.vn/sổ"), seed, &error), STATUS_OK);
    BUFFER_OWNED struct buffer out = { 0 };
    struct text text = TEXT("dòng đầu\n\n\n— không phải chữ ký\n\n");
    CHECK_INT(note_sign(&out, text, signers, 2, &error), STATUS_OK);
    struct note note;
    struct note_key keys[] = { signers[0].key, signers[1].key };
    CHECK_INT(open_note(out.bytes, keys, 2, &note), STATUS_OK);
    CHECK_TEXT(note.text, text);
    CHECK_INT(note.count, 2);
    CHECK(memcmp(keys[0].id, keys[1].id, NOTE_ID_SIZE) != 0);
}

TEST("what cannot be a note is not signed")
{
    struct note_signer signer = signer_of(PETER_SIGNER);
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(note_sign(&out, TEXT("abc"), &signer, 1, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "cannot be signed: its last line has no line break");
    CHECK_INT(note_sign(&out, TEXT_NONE, &signer, 1, &error), STATUS_LEDGER);
    CHECK_INT(note_sign(&out, TEXT("a\xff\n"), &signer, 1, &error), STATUS_LEDGER);
    CHECK_INT(note_sign(&out, TEXT("abc\n"), &signer, 0, &error), STATUS_LEDGER);
    CHECK_INT(out.length, 0);
}

TEST("names that no key can have are refused")
{
    static const struct text names[] = {
        { "", 0 },     { "a b", 3 },  { "a+b", 3 },  { "a\xe3\x80\x80", 4 },
        { "a\nb", 3 }, { "a\0b", 3 }, { "\xff", 1 },
    };
    unsigned char seed[CRYPTO_KEY_SIZE] = { 7 };
    struct note_signer signer;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_INT(note_signer_init(&signer, names[i], seed, &error), STATUS_USAGE);
        CHECK_CONTAINS(error.message, "A signing key cannot be called");
    }
    char name[NOTE_NAME_MAX + 1];
    memset(name, 'n', sizeof name);
    CHECK_INT(note_signer_init(&signer, (struct text){ name, NOTE_NAME_MAX }, seed, &error), STATUS_OK);
    CHECK_INT(note_signer_init(&signer, (struct text){ name, NOTE_NAME_MAX + 1 }, seed, &error),
              STATUS_USAGE);
}

/* The example of the tlog-checkpoint specification. */
#define SOFA "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

TEST("the specification's checkpoint is read and written back byte for byte")
{
    struct note note;
    struct note_checkpoint checkpoint;
    CHECK_INT(
        note_parse(
            &test_arena,
            TEXT(SOFA
                 "\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
                 "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"),
            &note, &error),
        STATUS_OK);
    CHECK_INT(note_checkpoint_parse(note.text, &checkpoint, &error), STATUS_OK);
    CHECK_TEXT(checkpoint.origin, TEXT("example.com/behind-the-sofa"));
    CHECK_INT(checkpoint.size, 20852163);
    CHECK_INT(checkpoint.root.bytes[0], 0x0a);
    CHECK_INT(checkpoint.extensions.length, 0);
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_OK);
    CHECK_TEXT(buffer_view(&out), TEXT(SOFA));
}

TEST("lines of extension are kept as they are")
{
    struct note_checkpoint checkpoint;
    CHECK_INT(note_checkpoint_parse(TEXT(SOFA "run 7\nhost a\n"), &checkpoint, &error), STATUS_OK);
    CHECK_TEXT(checkpoint.extensions, TEXT("run 7\nhost a\n"));
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_OK);
    CHECK_TEXT(buffer_view(&out), TEXT(SOFA "run 7\nhost a\n"));
    checkpoint.extensions = TEXT("run 7\n\n");
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_USAGE);
    checkpoint.extensions = TEXT("run 7");
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "lines of extension");
}

TEST("an origin of no line or of two is refused")
{
    struct note_checkpoint checkpoint = { .origin = TEXT_NONE };
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_USAGE);
    checkpoint.origin = TEXT("a\nb");
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "cannot be the origin of a checkpoint");
    checkpoint.origin = TEXT("a\tb");
    CHECK_INT(note_checkpoint_write(&checkpoint, &out, &error), STATUS_USAGE);
    CHECK_INT(out.length, 0);
}

TEST("texts that are no checkpoints are refused, each with its reason")
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    static const struct {
        const char *text, *reason;
    } cases[] = {
        { "", "is no checkpoint" },
        { "o\n1\n", "is no checkpoint" },
        { "o\n1\n" ROOT, "is no checkpoint" },
        { "\n1\n" ROOT "\n", "is no checkpoint" },
        { "o\n1\n" ROOT "\n\nx\n", "is no checkpoint" },
        { "o\n01\n" ROOT "\n", "size \"01\" is no number" },
        { "o\n-1\n" ROOT "\n", "size \"-1\" is no number" },
        { "o\n+1\n" ROOT "\n", "size \"+1\" is no number" },
        { "o\n1 \n" ROOT "\n", "size \"1 \" is no number" },
        { "o\n18446744073709551616\n" ROOT "\n", "is no number" },
        { "o\n1\nCsUY\n", "root \"CsUY\" is no digest" },
        { "o\n1\n" ROOT "=\n", "is no digest" },
        { "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "is no digest" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct note_checkpoint checkpoint;
        if (!CHECK_INT(note_checkpoint_parse(text_of(cases[i].text), &checkpoint, &error), STATUS_LEDGER) ||
            !CHECK_CONTAINS(error.message, cases[i].reason))
            return;
    }
    struct note_checkpoint checkpoint;
    CHECK_INT(note_checkpoint_parse(TEXT("o\n0\n" ROOT "\n"), &checkpoint, &error), STATUS_OK);
    CHECK_INT(checkpoint.size, 0);
    CHECK_INT(note_checkpoint_parse(TEXT("o\n18446744073709551615\n" ROOT "\n"), &checkpoint, &error),
              STATUS_OK);
    CHECK(checkpoint.size == UINT64_MAX);
}
