from datetime import UTC, datetime

from pipelines.shopify import orders
from tests.fake_shopify import Reply


def part(nodes: list, more: bool = False) -> dict:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": "c"}}


def test_an_order_comes_with_all_of_its_lines_and_refund_lines(api, shopify):
    refund = {"id": "gid://shopify/Refund/5", "refundLineItems": part([{"quantity": 1}], more=True)}
    order = {"id": "gid://shopify/Order/1", "lineItems": part([{"id": "L1"}], more=True), "refunds": [refund]}

    def answer(asked):
        query, after = asked.json["query"], asked.json["variables"].get("after")
        if "query OrderLines" in query:
            more = part([{"id": "L2"}], more=True) if after == "c" and not answered else part([{"id": "L3"}])
            answered.append(after)
            return Reply(200, {"data": {"order": {"lineItems": more}}})
        if "query RefundLines" in query:
            return Reply(200, {"data": {"refund": {"refundLineItems": part([{"quantity": 2}])}}})
        return Reply(200, {"data": {"orders": part([order])}})

    answered: list = []
    shopify.on_graphql = answer
    (found,) = orders.updated(api, datetime(2026, 11, 1, tzinfo=UTC))
    assert [line["id"] for line in found["lineItems"]["nodes"]] == ["L1", "L2", "L3"]
    assert [line["quantity"] for line in found["refunds"][0]["refundLineItems"]["nodes"]] == [1, 2]


def test_orders_are_fetched_by_id_in_batches_and_missing_ones_left_out(api, shopify):
    def answer(asked):
        ids = asked.json["variables"]["ids"]
        nodes = [None if gid.endswith("/7") else {"id": gid, "lineItems": part([]), "refunds": []} for gid in ids]
        return Reply(200, {"data": {"nodes": nodes}})

    shopify.on_graphql = answer
    wanted = [f"gid://shopify/Order/{number}" for number in range(45)]
    assert [order["id"] for order in orders.by_ids(api, wanted)] == [gid for gid in wanted if not gid.endswith("/7")]
    assert [len(asked.json["variables"]["ids"]) for asked in shopify.asked[1:]] == [20, 20, 5]


def test_batches_that_cost_too_much_are_made_smaller(api, shopify):
    def answer(asked):
        ids = asked.json["variables"]["ids"]
        if len(ids) > 5:
            return Reply(200, {"errors": [{"message": "too much", "extensions": {"code": "MAX_COST_EXCEEDED"}}]})
        return Reply(200, {"data": {"nodes": [{"id": gid, "lineItems": part([]), "refunds": []} for gid in ids]}})

    shopify.on_graphql = answer
    assert len(list(orders.by_ids(api, [str(number) for number in range(12)]))) == 12
