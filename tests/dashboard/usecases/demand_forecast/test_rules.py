"""Stock rules of vendors and variants, in place and by file."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pipelines.models import StockRule


class TestVendors:
    def form(self, **changes: str) -> dict[str, str]:
        return {"vendor-0": "Vendor 0", "vendor-1": "Vendor 1"} | changes

    def test_are_edited_in_place(self, shop, send):
        send("/settings/rules", self.form(**{"lead_time_days-0": "30", "pack_size-1": "6"}))
        assert StockRule.objects.get(vendor="Vendor 0").lead_time_days == 30
        assert StockRule.objects.get(vendor="Vendor 1").pack_size == 6

    def test_with_one_wrong_line_save_nothing(self, shop, send):
        answer = send("/settings/rules", self.form(**{"lead_time_days-0": "30", "pack_size-1": "0"}))
        assert answer.status_code == 422 and "Vendor 1: Pack size" in answer.content.decode()
        assert not StockRule.objects.exists()

    def test_of_a_stale_page_change_nothing(self, shop, send):
        send("/settings/rules", self.form(**{"lead_time_days-0": "30"}))
        page = send("/settings/rules", self.form(**{"lead_time_days-0": "60", "revision": "0"})).content.decode()
        assert "Nothing was changed" in page
        assert StockRule.objects.get(vendor="Vendor 0").lead_time_days == 30

    def test_must_be_the_shops_own(self, shop, send):
        assert send("/settings/rules", {"vendor-0": "Nobody", "pack_size-0": "2"}).status_code == 422


class TestTheFile:
    header = "vendor,sku,lead_time_days,pack_size\n"

    @pytest.fixture
    def upload(self, shop, send):
        def send_file(content: str | bytes) -> Any:
            raw = content.encode() if isinstance(content, str) else content
            return send("/settings/rules/upload", {"rules": SimpleUploadedFile("rules.csv", raw, "text/csv")})

        return send_file

    def test_comes_back_as_it_went_out(self, shop, see, upload):
        upload(f"{self.header}Vendor 0,,30,\n,SKU-1,,6\n")
        first = {
            (rule.vendor, rule.variant_id, rule.lead_time_days, rule.pack_size) for rule in StockRule.objects.all()
        }
        out = b"".join(see("/settings/rules.csv").streaming_content)
        StockRule.objects.all().delete()
        assert "2 rules read" in upload(out).content.decode()
        again = {
            (rule.vendor, rule.variant_id, rule.lead_time_days, rule.pack_size) for rule in StockRule.objects.all()
        }
        assert first == again and len(first) == 2

    def test_takes_semicolons_and_odd_case(self, upload):
        assert "1 rule read" in upload("Vendor;SKU;Lead_Time_Days\n;sku-1;9\n").content.decode()
        assert StockRule.objects.get().lead_time_days == 9

    def test_empties_what_is_empty(self, upload):
        upload(f"{self.header},SKU-1,9,\n")
        upload(f"{self.header},SKU-1,,\n")
        assert not StockRule.objects.exists()

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (
                "sku,days\nSKU-1,3\n",
                ["Line 1: the column “vendor” is missing.", "Line 1: we do not know the column “days”."],
            ),
            ("vendor,sku,lead_time_days\n,SKU-1,3\n,NOPE,3\n", ["Line 3: no variant has the SKU “NOPE”."]),
            ("vendor,sku,lead_time_days\nNobody,,3\n", ["Line 2: no product is from the vendor “Nobody”."]),
            ("vendor,sku,lead_time_days\n,SKU-1,soon\n,SKU-2,-4\n", ["Line 2: Lead time", "Line 3: Lead time"]),
            ("vendor,sku,lead_time_days\n,SKU-1,3\n,sku-1,4\n", ["Line 3: it repeats line 2."]),
            ("vendor,sku,lead_time_days\n,,3\n", ["Line 2: neither a vendor nor a SKU."]),
            (
                "vendor,sku,lead_time_days\n,SKU-1\n,SKU-2,1,2,3\n",
                ["Line 2: it has another number", "Line 3: it has another"],
            ),
            (b"vendor,sku,lead_time_days\n,SKU-\xff,3\n", ["Line 2: not UTF-8."]),
            ("", ["the column “vendor” is missing", "The submitted file is empty"]),
        ],
    )
    def test_names_each_wrong_line_and_applies_nothing(self, upload, content, told):
        answer = upload(content)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert all(sentence in page for sentence in told) or (not content and told[1] in page)
        assert not StockRule.objects.exists()

    def test_with_very_many_wrong_lines_names_the_first(self, upload):
        page = upload(self.header + "Nobody,,1,\n" * 200).content.decode()
        assert "200 lines cannot be used" in page and "and 150 more" in page

    def test_of_nothing_is_refused(self, shop, send):
        assert send("/settings/rules/upload").status_code == 422

    def test_escapes_what_it_says(self, upload):
        page = upload(f"{self.header}<script>x</script>,,1,\n").content.decode()
        assert "<script>x" not in page
