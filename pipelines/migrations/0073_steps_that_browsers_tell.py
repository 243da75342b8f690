from django.db import migrations, models

KINDS = {
    "page_viewed": "Page Viewed",
    "collection_viewed": "Collection Viewed",
    "search_submitted": "Searched",
    "product_viewed": "Product Viewed",
    "product_added_to_cart": "Added To Cart",
    "product_removed_from_cart": "Removed From Cart",
    "cart_viewed": "Cart Viewed",
    "checkout_started": "Checkout Started",
    "checkout_contact_info_submitted": "Contact Given",
    "checkout_address_info_submitted": "Address Given",
    "checkout_shipping_info_submitted": "Delivery Chosen",
    "payment_info_submitted": "Payment Given",
    "checkout_completed": "Checkout Completed",
    "block_clicked": "Block Clicked",
}


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0072_steps_of_a_checkout"),
    ]

    operations = [
        migrations.AlterField("storefrontevent", "kind", models.CharField(choices=[*KINDS.items()], max_length=32)),
    ]
