"""python3 tests/bench/generate.py COUNT FILE [--changed SHARE]: synthetic procedures as NDJSON, the same for the same COUNT.

Some 5.6 KB each with some 70 texts, of which 15 in a hundred are decomposed and 8 have two blanks in one place; the member
names are those of config/examples/gen-ndjson.yaml. --changed 0.01 gives each hundredth record another text. The words are
a plain random choice, which packs worse than real texts do."""

import argparse
import json
import random
import unicodedata

SYLLABLES = """thủ tục hành chính đăng ký kinh doanh cấp giấy phép xây dựng quyền sử dụng đất hồ sơ người nộp cơ quan tiếp nhận và trả
kết quả bộ phận một cửa ủy ban nhân dân tỉnh xã phường công dân tổ chức cá nhân doanh nghiệp bản sao chứng thực đơn đề nghị tờ khai theo
mẫu ban hành thông tư nghị định của chính phủ quy định chi tiết thời hạn giải quyết ngày làm việc kể từ nhận đủ hợp lệ trường hợp không thì
phải thông báo bằng văn bản nêu rõ lý do lệ phí mức thu trực tuyến dịch vụ bưu chính thẩm định kiểm tra thực địa phê duyệt lưu trữ""".split()


class Records:
    def __init__(self, seed):
        self.chance = random.Random(seed)

    def text(self, least, most):
        chance = self.chance
        words = chance.choices(SYLLABLES, k=chance.randint(least, most))
        text = " ".join(words).capitalize() + "."
        if chance.random() < 0.15:
            text = unicodedata.normalize("NFD", text)
        return text.replace(" ", "  ", 1) if chance.random() < 0.08 else text

    def date(self):
        chance = self.chance
        day = (chance.randint(1, 28), chance.randint(1, 12), chance.randint(2010, 2025))
        return chance.choice(("%02d/%02d/%d", "%d/%d/%d")) % day

    def some(self, least, most, make):
        return [make(number) for number in range(self.chance.randint(least, most))]

    def record(self, number):
        chance, text = self.chance, self.text
        return {
            "maTTHC": f"{1 + number % 3}.{number:06d}", "tenTTHC": text(8, 20), "linhVuc": text(2, 4), "capThucHien": "Cấp tỉnh",
            "coQuanThucHien": text(3, 6), "loaiTTHC": "TTHC được luật giao quy định chi tiết",
            "soQuyetDinh": f"{chance.randint(1, 4000)}/QĐ-UBND", "ngayBanHanh": self.date(), "ngayHieuLuc": self.date(),
            "mucDoDVC": chance.choice(("Toàn trình", "Một phần")), "doiTuong": ["Công dân Việt Nam"],
            "trinhTu": self.some(3, 9, lambda step: {"buoc": step + 1, "moTa": text(20, 60)}),
            "cachThuc": [{"hinhThuc": "Trực tiếp", "thoiHan": chance.randint(1, 45), "donVi": "Ngày làm việc", "phi": 20000,
                          "moTa": text(8, 25)}],
            "thanhPhanHoSo": self.some(3, 14, lambda _: {"ten": text(8, 28), "banChinh": 1, "banSao": chance.randint(0, 3),
                                                         "mau": ""}),
            "canCuPhapLy": self.some(2, 6, lambda _: {"so": f"{chance.randint(1, 200)}/{chance.randint(2005, 2024)}/NĐ-CP",
                                                      "trichYeu": text(8, 24), "ngay": self.date()}),
            "ketQua": self.some(1, 2, lambda _: text(4, 10)), "yeuCau": text(20, 80), "trangThai": "Công khai",
            "lienHe": {"diaChi": text(6, 12)}}


def write(count, path, changed=0.0):
    records = Records(count)
    every = round(1 / changed) if changed else 0
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            record = records.record(number)
            if every and number % every == 0:
                record["yeuCau"] += " Đã sửa."
            out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("file")
    parser.add_argument("--changed", type=float, default=0.0)
    given = parser.parse_args()
    write(given.count, given.file, given.changed)
