"""What a person must look at first: rules, what they find in a post, and why, in a sentence."""
