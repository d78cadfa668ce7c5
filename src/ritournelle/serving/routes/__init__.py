"""What is answered at which address; each module gives a router made of the parts that it is handed."""
