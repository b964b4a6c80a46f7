"""Why a record has its label: one explanation for rows and fresh files alike."""
