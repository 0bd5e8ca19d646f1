#!/bin/sh
# Writes an order into the shop and waits until it is in the analytics database.
set -eu

BOOK=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
ORDER=11111111-2222-3333-4444-555555555555
ITEM=66666666-7777-8888-9999-000000000000

shop()
{
    kubectl exec -n ecom deploy/ecom-db -- psql -X -q -U postgres -d ecomdb -c "$1"
}

analytics()
{
    kubectl exec -n analytics deploy/analytics-db -- psql -X -tA -U postgres -d analyticsdb -c "$1"
}

clean_up()
{
    shop "DELETE FROM order_items WHERE id = '$ITEM'; DELETE FROM orders WHERE id = '$ORDER'; DELETE FROM books WHERE id = '$BOOK'"
}

shop "INSERT INTO books (id, title, author, price) VALUES ('$BOOK', 'CDC test', 'verify-cdc', 19.99);
      INSERT INTO orders (id, user_id, total) VALUES ('$ORDER', 'verify-cdc', 39.98);
      INSERT INTO order_items (id, order_id, book_id, quantity, price_at_purchase) VALUES ('$ITEM', '$ORDER', '$BOOK', 2, 19.99)"

tries=0
while [ "$tries" -lt 30 ]; do
    found=$(analytics "SELECT count(*) FROM fact_orders WHERE id = '$ORDER'")
    if [ "$found" = 1 ]; then
        echo "PASS after $tries s"
        clean_up
        exit 0
    fi
    tries=$((tries + 1))
    sleep 1
done
echo "FAIL: the order did not arrive within 30 s"
clean_up
exit 1
