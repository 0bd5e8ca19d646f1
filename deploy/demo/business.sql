-- A gentle load without end.
SELECT some_business() \watch 0.8
