/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys, all made by ssh-keygen (those of security keys by hand, and read by it). */
#ifndef HCAUTH_TESTS_SSH_LINES_H
#define HCAUTH_TESTS_SSH_LINES_H

#define KEY_ED25519                                                                                \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICWZ6dcmkmcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCR1"         \
	" ada@ed25519-256"
#define KEY_P256                                                                                   \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMMhq2rS"         \
	"Z5rZONg3zrMx4m8U2SYXL5JJNImbuxoajJVikAjBVAvC9NYpH102RAJy855okSiP5WcrPCwYX0fD2NQ="         \
	" ada@ecdsa-256"
#define KEY_P384                                                                                   \
	"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBEunQit2"         \
	"iCUZWzdMI13XE4hnLeAdrI0DDPZxPzt1viJknAOAwdY8fENo5qbisMlzHIvMk4qBEJrmu06ppUeUKRrR"         \
	"YQ5nDoJTBTEkuVM9ZU4W+bMh9eVrTM8ly6U/UCzYlQ== ada@ecdsa-384"
#define KEY_P521                                                                                   \
	"ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADjnvRj"         \
	"U/lrDWu4rYqPmKZGZtG7xtN+khqLDjbMrEGmQ3jYgPcJ2e/yLtsnA9VpE4m9RmXQiSEwkZiNWBH7+CKq"         \
	"GwGwrozEoC0NaaXDrMQRRdLW9hzXo8rhc6K5ZHzFKo19QvVHYzE8+qD4BApW5iLn6wRInlhc7jfrMQRZ"         \
	"Bc6Bul0hKw== ada@ecdsa-521"
#define KEY_RSA_3072                                                                               \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQClGwr9fIn1V9GnfK07LUQpYuxYYTyVY/WYzX43fW11"         \
	"U2oeelwAv4RjYupBYvoh2TkmdMm7+KmGsR5i7CaruIXsYJBAj4h3yATdz2iJUHf7C/DR3CnEEcN6HhZn"         \
	"GycUseTvDAa3FaQbbeQFv2XPdYJ/34dKaErodYuSswXn2jILxOFdmtLbZ85ddztV9GAShY4jEFwocvfT"         \
	"LC6w6RxBuGF489P2YIe2s+FJlcOVO3Ajff8ZmQaw0t0ShJFrWDikvFnrunMw5XFFqoqBJ1wE2mmu4XbF"         \
	"iftRorpAQoFPA8bObmGWhgaRSQ2CCogBEzN6wEcKXXNcK8/XeFmiE/bSosrhnj83xt69fLR2/rl1VZqJ"         \
	"i1uNF/bY4081UK/mDZKKAxpWDqtspxuagyZ2fSmqExxnHSJ824d5O5DctVVWZe8EmB0Wv6HQuE36MNPq"         \
	"B6HLNMh2Y/BE1U/UMwMajPxOGQ2i9nTFHHOXiw6HmQst7/aM8y8/9oJjImuogymsLrVJx7U= ada@rsa"         \
	"-3072"
#define KEY_RSA_3071                                                                               \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgCuWtSRaUIsDQxXJiRTg8V16Vq2z2OzsUKbNPVGoHF+L"         \
	"YObUKdJBMZF7EKbX4iNeBMw0ZpiWDXV/WRw8eap2wghAY4pf18QJAZ1+fsxwtaJMtjQhS8YCK3gBcsz5"         \
	"OhufzUnP+XuDxsgiP6Q5RgPoNaQYkJjAQ/ShRR8N0moRgN/F9cTMb7ZlXNUVf/TSSYn3OrlIRtdiRs/B"         \
	"3B/xtWsuYYb3V7ObWLa3eBp6x2IW0SzYywi8yvD6mFz+r25dG5GEiPAdaW7YS8N6NN+2ZY5J5h7oFG8r"         \
	"P4UNE11ApMWwM3TxJd9AuxO/4kGFSD9OGWJ5/agavlU+/p9U9BLQ+oQ2DwP5Vh2Y74S9daFsM5ArDRTG"         \
	"iDOPjzouYWiCH3h8EtswTV5oolc2+1YT8wBSJKZBlgkP6OabivrU4AX1EPAWLQFU/7ELkOOO6Y6mKYWf"         \
	"dBomWCDnBdOt0P9KUYeBcGFkg5vI83zQauTTio9opiFgMSt6+/Yp0m3UPNmncpOJ/bTVWQ== ada@rsa"         \
	"-3071"
#define KEY_RSA_2048                                                                               \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQClgC4ybetN3PTQf8v1sUy7IqrENT/wql0n5gOvQgI4"         \
	"nNNAOn3Xjyu3FIrnOdI/c4EEcK4ZH0inu+ALE4yYRBLUnQKRQ1yeebAm82o3LbfMXYpoLFD/31iwXgMi"         \
	"D88yX7js+YxSjD+gIgYKGfV82pJsr62jGTHwp0DUqpa8jnRuRWNXXy+6sbo7wSPXKnBPyh0Nm7ses0xf"         \
	"R6WzrPpMT0Rx8sqGhAoVnkg0BAkdpdeJhf9CrG6qr/1/x8Qcy0l3N3KKqSl1HoUv1MszWINCMwUcNsMQ"         \
	"vlevxp8Lk61o7DtatrYDrdaHpAhf/E2J+RW5apQxL3b2Yv3GGUuky6ed3erZ ada@rsa-2048"
#define KEY_SK_ED25519                                                                             \
	"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAICWZ6dcmk"         \
	"mcqP5xyl6h44jgOrZMceL8hJRDZmv8kTCR1AAAABHNzaDo= ada@token"
#define KEY_SK_P256                                                                                \
	"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNza"         \
	"C5jb20AAAAIbmlzdHAyNTYAAABBBMMhq2rSZ5rZONg3zrMx4m8U2SYXL5JJNImbuxoajJVikAjBVAvC9"         \
	"NYpH102RAJy855okSiP5WcrPCwYX0fD2NQAAAAEc3NoOg== ada@token"

#define PRINT_ED25519 "SHA256:286Mk5Ts1ZUGnj4CuQLVcxaTb8E/9bD6VzbsBFJ592M"
#define PRINT_RSA_3072 "SHA256:cnAwC+/mAWaENM4VjXiXKEzaQILEWRsa1T0oEU53MtI"

#endif
