"""What the law says about one attempt: the policies (*.cedar), the case they are asked about, the decision. Pure."""
