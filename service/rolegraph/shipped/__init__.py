"""What the package ships: loading it into a store, and the rules that its files follow."""
