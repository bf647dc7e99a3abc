#include "tests/support/portal_simulator.h"

/* Invented procedures in the public portal's shape, with the defects that its documents have: times that are
 * a number, a fraction or words; legal bases that repeat; codes of subjects in two spellings. */

struct sample {
    const char *code, *name, *department, *field_code, *field;
    const char *time, *unit; /* time as JSON */
    const char *fee;         /* as JSON */
    const char *basis_number, *basis;
    const char *decision;
    long long decided_on; /* milliseconds */
    int level;            /* 0 ward, 1 province, 2 ministry */
    bool internal;
};

#define DAY 86400000LL

static const struct sample samples[] = {
    { "1.900001", "Cấp giấy phép nuôi chim yến trong khu dân cư", "H13", "H13-NN01", "Chăn nuôi", "15",
      "WORKING_DAY", "150000", "101/2025/NĐ-CP", "Nghị định về chăn nuôi trong khu dân cư", "11/QĐ-UBND",
      20454 * DAY, 1, false },
    { "1.900002", "Xác nhận nơi neo đậu của ghe hàng", "H13", "H13-GT02", "Đường thủy nội địa", "2.5", "DAY",
      "0", "12/2024/TT-BXD", "Thông tư về nơi neo đậu", "12/QĐ-UBND", 20455 * DAY, 0, false },
    { "1.900003", "Công nhận vườn cây di sản của xã", "H13", "H13-VH01", "Di sản văn hóa",
      "\"Không quá 10 ngày, kể từ ngày nhận đủ hồ sơ\"", "DAY", "\"Miễn phí\"", "45/2024/QH15",
      "Luật về di sản", "13/QĐ-UBND", 20460 * DAY, 0, false },
    { "1.900004", "Đăng ký tên thương hiệu nước mắm địa phương", "H55", "H55-CT03", "Thương mại", "20",
      "WORKING_DAY", "1500000", "88/2025/NĐ-CP", "Nghị định về nhãn hiệu địa phương", "21/QĐ-UBND",
      20466 * DAY, 1, false },
    { "2.900005", "Cấp lại thẻ hướng dẫn viên chợ nổi", "H13", "H13-DL01", "Du lịch", "8", "HOUR",
      "\"50.000 đồng\"", "07/2023/TT-BVHTTDL", "Thông tư về hướng dẫn viên", "31/QĐ-SDL", 20470 * DAY, 1,
      false },
    { "2.900006", "Hỗ trợ chi phí sửa cầu khỉ", "H13", "H13-XD02", "Xây dựng", "1", "MONTH", "0",
      "66/2024/NĐ-CP", "Nghị định về cầu dân sinh", "32/QĐ-SXD", 20471 * DAY, 0, false },
    { "1.900007", "Giám định hạt giống lúa mùa nổi", "G02", "G02-CT19", "Giống cây trồng", "30", "DAY",
      "2750000", "31/2018/QH14", "Luật về giống cây trồng", "41/QĐ-BCT", 20480 * DAY, 2, false },
    { "1.900008", "Thông báo tổ chức đua ghe ngo", "H13", "H13-VH02", "Thể thao", "3", "WORKING_DAY", "0",
      "09/2022/NĐ-CP", "Nghị định về lễ hội", "14/QĐ-UBND", 20481 * DAY, 1, false },
    { "3.900009", "Đăng ký phòng đọc sách lưu động", "G15", "G15-TP01", "Thư viện", "7", "WORKING_DAY", "0",
      "46/2019/QH14", "Luật về thư viện", "361/QĐ-BTP", 20490 * DAY, 2, false },
    { "5.900010", "Phê duyệt kế hoạch trực hè của trạm bơm", "H13", "H13-NN02", "Thủy lợi", "5",
      "WORKING_DAY", "0", "17/2021/NĐ-CP", "Nghị định về trạm bơm", "15/QĐ-UBND", 20491 * DAY, 1, true },
    { "1.900011", "Cấp giấy chứng nhận bến phà an toàn", "H19", "H19-GT01", "Đường thủy nội địa", "10",
      "WORKING_DAY", "300000", "25/2025/TT-BXD", "Thông tư về bến phà", "51/QĐ-UBND", 20500 * DAY, 1, false },
    { "1.900012", "Gia hạn giấy phép chiếu phim ngoài trời", "H13", "H13-VH03", "Điện ảnh", "0.5", "DAY",
      "40000", "05/2022/QH15", "Luật về điện ảnh", "16/QĐ-UBND", 20501 * DAY, 0, false },
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static void write_steps(struct buffer *out)
{
    buffer_string(
        out, "\"executionSteps\":["
             "{\"name\":\"Bước 1\",\"description\":\"Người đề nghị nộp hồ sơ tại bộ phận một cửa.\"},"
             "{\"name\":\"Bước 2\",\"description\":\"Cơ quan kiểm tra hồ sơ;\\r\\nnếu thiếu thì báo một lần "
             "bằng văn bản.\"},{\"name\":\"Bước 3\",\"description\":\"Trả kết quả.\"}],");
}

static void write_methods(struct buffer *out, const struct sample *sample)
{
    static const char *const channels[] = { "DIRECT", "ONLINE", "POSTAL" };
    buffer_string(out, "\"executionMethods\":[");
    for (size_t at = 0; at < sizeof channels / sizeof channels[0]; at++)
        buffer_printf(out,
                      "%s{\"submissionMethod\":\"%s\",\"processingTime\":%s,\"processingTimeUnit\":\"%s\","
                      "\"fees\":[{\"type\":\"LE_PHI\",\"value\":%s,\"description\":\"mỗi hồ sơ\"}]}",
                      at ? "," : "", channels[at], sample->time, sample->unit, sample->fee);
    buffer_string(out, "],");
}

static void write_cases(struct buffer *out, size_t number)
{
    buffer_printf(
        out,
        "\"executionCases\":[{\"name\":\"\",\"profileComponents\":["
        "{\"name\":\"Đơn đề nghị (mẫu số 01)\",\"code\":\"KQ.H13.%06zu\",\"originalQty\":1,\"copyQty\":0,"
        "\"required\":true,\"attachments\":[{\"name\":\"mau-01.docx\"}]},"
        "{\"name\":\"Bản sao giấy tờ tùy thân\",\"code\":\"\",\"originalQty\":0,\"copyQty\":2,"
        "\"required\":false,\"attachments\":[]}]}],",
        number);
}

static void write_sample(struct buffer *out, const struct sample *sample, size_t number)
{
    buffer_printf(out, "{\"id\":\"01900000-0000-7000-8000-%012zu\",\"code\":\"%s\",\"name\":\"%s\",", number,
                  sample->code, sample->name);
    write_steps(out);
    write_methods(out, sample);
    write_cases(out, number);
    buffer_printf(
        out,
        "\"legalBasisesDetails\":[{\"code\":\"%s\",\"name\":\"%s\"},{\"code\":\"63/2010/N\u00d0-CP\","
        "\"name\":\"Nghị định về kiểm soát thủ tục hành chính\"},{\"code\":\"%s\",\"name\":\"%s\"}],",
        sample->basis_number, sample->basis, sample->basis_number, sample->basis);
    buffer_printf(out,
                  "\"resultsDetails\":[{\"code\":\"KQ.%s.%06zu\",\"name\":\"Giấy xác nhận\"}],"
                  "\"subjectTypesDetails\":[{\"code\":\"ĐT4\",\"name\":\"Công dân Việt Nam\"},"
                  "{\"code\":\"DT11\",\"name\":\"Doanh nghiệp\"}],"
                  "\"categoriesDetails\":[{\"code\":\"%s\",\"name\":\"%s\"}],",
                  sample->department, number, sample->field_code, sample->field);
    buffer_printf(out,
                  "\"departmentPromulgateCode\":\"%s\",\"isWard\":%s,\"isProvince\":%s,\"isMinistry\":%s,"
                  "\"isInternal\":%s,\"isNonTerritorial\":%s,\"state\":\"%s\","
                  "\"procedureProposal\":{\"proposalNumber\":\"%s\",\"decisionDate\":%lld}}",
                  sample->department, sample->level == 0 ? "true" : "false",
                  sample->level == 1 ? "true" : "false", sample->level == 2 ? "true" : "false",
                  sample->internal ? "true" : "false", number % 2 ? "false" : "true",
                  number % 3 ? "ACTIVE" : "UPDATED", sample->decision, sample->decided_on);
}

void simulator_public_samples(struct buffer *out)
{
    buffer_char(out, '[');
    for (size_t at = 0; at < SAMPLES; at++) {
        buffer_string(out, at ? ",\n" : "\n");
        write_sample(out, &samples[at], at + 1);
    }
    buffer_string(out, "]\n");
}
