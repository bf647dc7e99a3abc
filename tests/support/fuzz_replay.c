/* Replays inputs through a fuzzer's entry point without libFuzzer: the form that the test run uses. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    uint8_t *bytes = NULL;
    size_t length = 0, capacity = 0, got;
    do {
        if (capacity - length < 65536) {
            capacity = capacity * 2 + 65536;
            bytes = realloc(bytes, capacity);
            if (!bytes)
                abort();
        }
        got = fread(bytes + length, 1, capacity - length, file);
        length += got;
    } while (got);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            DIR *folder = opendir(argv[i]);
            for (struct dirent *entry; folder && (entry = readdir(folder));) {
                char path[4096];
                if (entry->d_name[0] == '.')
                    continue;
                snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
                if (replay_file(path) < 0)
                    return 1;
                count++;
            }
            if (folder)
                closedir(folder);
        } else {
            if (replay_file(argv[i]) < 0)
                return 1;
            count++;
        }
    }
    printf("%d inputs replayed\n", count);
    return count == 0;
}
